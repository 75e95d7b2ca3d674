// An OpenID provider for tests: oidc-provider, which others wrote, with the pages to log in that it brings along.
//
//   node provider.mjs FOLDER
//
// FOLDER has the node_modules of package.json. Each line of the input is JSON, and starts the provider anew at the
// same address, as after a restart: {"key": NAME, "clients": [...], "places": [...], "people": {ACCOUNT: CLAIMS}}. NAME
// is that of the signing keys, which are made when it is first heard; places are the methods by which clients show their
// secret. The answer to each is a line with the address.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const { default: Provider } = await import(
  pathToFileURL(join(process.argv[2], 'node_modules/oidc-provider/lib/index.js'))
)

// Its notices would be among the answers.
console.info = console.error

const keys = {}

// One key on a curve, and one of RSA that signs RS256 and PS256.
function signingKeys(name) {
  const made = {
    rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    p256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  }
  keys[name] ??= Object.entries(made).map(([kind, make]) => ({
    ...make().privateKey.export({ format: 'jwk' }),
    kid: `${name}-${kind}`,
    use: 'sig',
  }))
  return keys[name]
}

function provider(issuer, { key, clients, places, people }) {
  const made = new Provider(issuer, {
    clients,
    clientAuthMethods: places,
    jwks: { keys: signingKeys(key) },
    cookies: { keys: ['a key of tests'] },
    pkce: { required: () => true, methods: ['S256'] },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['given_name', 'family_name'],
      groups: ['groups'],
    },
    findAccount: (_context, account) =>
      people[account] && {
        accountId: account,
        claims: () => ({ sub: account, ...people[account] }),
      },
  })
  made.on('server_error', (_context, error) => console.error(error))
  return made
}

let current
const server = createServer((request, response) => current(request, response))
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://localhost:${server.address().port}`
  createInterface({ input: process.stdin })
    .on('line', line => {
      current = provider(issuer, JSON.parse(line)).callback()
      console.log(issuer)
    })
    .on('close', () => process.exit())
})

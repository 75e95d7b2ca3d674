//! Active Directory: a domain controller of Samba with its data in a temporary
//! folder, one per test program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ldap::{make_certificate, modify};
use crate::programs::{Guard, check, succeed};
use crate::tools::{self, Samba};

/// The time-out for starting the server.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The domain.
pub const DOMAIN: &str = "DC=studio,DC=local";

/// The entry below which people are.
pub const PEOPLE: &str = "OU=People,OU=Studio,DC=studio,DC=local";

/// The entry below which groups are.
pub const GROUPS: &str = "OU=Groups,OU=Studio,DC=studio,DC=local";

/// What the tests write is below this entry.
const ROOT: &str = "OU=Studio,DC=studio,DC=local";

/// The entry with more people than a page has.
pub const CROWD: &str = "OU=Crowd,DC=studio,DC=local";

const ADMIN: &str = "STUDIO\\Administrator";
const ADMIN_PASSWORD: &str = "Secret 1 of the domain";

/// The control of a deletion with all that is below.
const WHOLE_TREE: &str = "!1.2.840.113556.1.4.805";

/// The exit code of OpenLDAP's clients for the result `noSuchObject` (RFC 4511).
const NO_SUCH_OBJECT: i32 = 32;

/// What the domain asks of passwords: anything; three wrong ones lock an account.
const PASSWORDS: &str = "dn: DC=studio,DC=local
changetype: modify
replace: pwdProperties
pwdProperties: 0
-
replace: minPwdLength
minPwdLength: 0
-
replace: minPwdAge
minPwdAge: 0
-
replace: lockoutThreshold
lockoutThreshold: 3

";

/// A running domain controller. It ends with the test program.
#[derive(Debug)]
struct Controller {
    folder: PathBuf,
    address: String,
    _guard: Guard,
}

static CONTROLLER: OnceLock<Option<Controller>> = OnceLock::new();
static TURN: Mutex<()> = Mutex::new(());

/// The domain of the program, for one test at a time. Below [`PEOPLE`] and
/// [`GROUPS`] nothing is when a test begins.
#[derive(Debug)]
pub struct Domain {
    controller: &'static Controller,
    _turn: MutexGuard<'static, ()>,
}

impl Domain {
    /// Waits for the other tests, and returns the domain; `None` where Samba is not
    /// installed or may not be started.
    pub fn get() -> Option<Self> {
        // What a test that failed has left is deleted.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let controller = CONTROLLER.get_or_init(|| {
            let needs = "Samba's domain controller (Debian: samba, samba-dsdb-modules, \
                         samba-ad-provision), ldap-utils, openssl, and root, since its port is 389";
            let samba = tools::or_skip(tools::samba(), "the Active Directory suite", needs)?;
            let controller = Controller::start(&samba);
            Some(controller.expect("a domain controller starts in a temporary folder"))
        });
        let domain = Self {
            controller: controller.as_ref()?,
            _turn: turn,
        };
        domain.clear().expect("the domain takes the tests' entries");
        Some(domain)
    }

    fn clear(&self) -> Result<()> {
        let mut deleting = self.controller.client("ldapdelete");
        deleting.args(["-e", WHOLE_TREE, ROOT]);
        let output = deleting.output()?;
        if output.status.code() != Some(NO_SUCH_OBJECT) {
            check(&output, &deleting)?;
        }
        let units = [ROOT, PEOPLE, GROUPS].map(unit);
        let reader = entry("CN=Reader", ROOT, "reader", "");
        self.change(&(units.concat() + &reader))
    }

    /// Returns the address of the controller.
    pub fn address(&self) -> &str {
        &self.controller.address
    }

    /// Returns the settings of a Tanuki whose people are in this domain, while
    /// others have local passwords. Connections have TLS from the beginning.
    pub fn variables(&self) -> [(&'static str, String); 11] {
        let certificate = self.controller.certificate();
        [
            ("AUTH_STRATEGY", "auth_remote_ldap".into()),
            ("LDAP_IS_AD", "true".into()),
            ("LDAP_HOST", self.controller.address.clone()),
            ("LDAP_SSL", "true".into()),
            ("LDAP_CA_FILE", certificate.display().to_string()),
            ("LDAP_BASE_DN", PEOPLE.into()),
            ("LDAP_DOMAIN", "STUDIO".into()),
            ("LDAP_FALLBACK", "true".into()),
            ("LDAP_USER", "reader".into()),
            ("LDAP_PASSWORD", password_of("reader")),
            ("EMAIL_DOMAIN", "studio.com".into()),
        ]
    }

    /// Adds entries, or changes them, as the LDIF says.
    ///
    /// # Errors
    ///
    /// If the controller refuses one.
    pub fn change(&self, ldif: &str) -> Result<()> {
        self.controller.change(ldif)
    }

    /// Adds people `crowd0`, `crowd1` … below [`CROWD`], once for the program.
    ///
    /// # Errors
    ///
    /// If the controller refuses one.
    pub fn add_crowd(&self, size: usize) -> Result<()> {
        let mut searching = self.controller.client("ldapsearch");
        let found = searching
            .args(["-s", "base", "-b", CROWD, "1.1"])
            .output()?;
        if found.status.success() {
            return Ok(());
        }
        let people = (0..size).map(|number| {
            // Without a password, which takes the controller longest.
            format!(
                "dn: CN=crowd{number},{CROWD}\nobjectClass: user\nsAMAccountName: crowd{number}\n\
                 userAccountControl: 544\n\n"
            )
        });
        self.change(&(unit(CROWD) + &people.collect::<String>()))
    }
}

impl Controller {
    fn start(samba: &Samba) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tanuki-samba-").tempdir()?;
        let address = own_address();
        let configuration = folder.path().join("smb.conf");
        std::fs::write(&configuration, settings(folder.path(), &address))?;
        make_certificate(folder.path(), &format!("IP:{address}"))?;
        // Samba refuses a key that others may read.
        succeed(
            Command::new("chmod")
                .arg("0600")
                .arg(folder.path().join("key.pem")),
        )?;
        let mut provisioning = Command::new(&samba.python);
        provisioning
            .args(["-c", include_str!("provision.py")])
            .arg(&configuration)
            .arg(ADMIN_PASSWORD)
            // Nothing has to outlive a crash of the machine.
            .env("TDB_NO_FSYNC", "1");
        succeed(&mut provisioning).context("making the domain")?;
        let mut server = Command::new(&samba.server)
            .args(["--interactive", "--model=single", "--debug-stdout", "-s"])
            .arg(&configuration)
            .env("TDB_NO_FSYNC", "1")
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(folder.path().join("log"))?)
            .stderr(Stdio::null())
            .spawn()?;
        let folder = folder.keep();
        let guard = Guard::of(&server, "TERM", &folder)?;
        let controller = Self {
            folder,
            address,
            _guard: guard,
        };
        let deadline = Instant::now() + START_TIMEOUT;
        // Whoever else listens at the address has another certificate.
        while let Err(error) = controller.change(PASSWORDS) {
            if Instant::now() > deadline || server.try_wait()?.is_some() {
                let log = std::fs::read_to_string(controller.folder.join("log"))?;
                return Err(error.context(format!("samba does not start: {log}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(controller)
    }

    fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    fn change(&self, ldif: &str) -> Result<()> {
        modify(self.client("ldapmodify"), ldif)
    }

    /// Returns a client of OpenLDAP that logs in as the administrator.
    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("LDAPTLS_CACERT", self.certificate())
            .args(["-x", "-H"])
            .arg(format!("ldaps://{}", self.address))
            .args(["-D", ADMIN, "-w", ADMIN_PASSWORD]);
        command
    }
}

/// Returns an address of this machine that no other test program has: the ports of
/// a domain controller cannot be chosen.
fn own_address() -> String {
    let id = std::process::id();
    let [_, high, middle, low] = id.to_be_bytes();
    format!("127.{}.{middle}.{low}", 64 + high % 64)
}

/// Returns the controller's smb.conf. Of its services it has LDAP only, and
/// touches no other folder.
fn settings(folder: &Path, address: &str) -> String {
    let path = folder.display();
    format!(
        "[global]
workgroup = STUDIO
realm = STUDIO.LOCAL
netbios name = DC1
server role = active directory domain controller
server services = ldap
bind interfaces only = yes
interfaces = {address}/8
tls keyfile = {path}/key.pem
tls certfile = {path}/certificate.pem
tls cafile =
private dir = {path}/private
state directory = {path}/state
cache directory = {path}/cache
lock directory = {path}/lock
pid directory = {path}/pid
binddns dir = {path}/bind
ncalrpc dir = {path}/ncalrpc
winbindd socket directory = {path}/winbindd
ntp signd socket directory = {path}/ntp

[sysvol]
path = {path}/state/sysvol

[netlogon]
path = {path}/state/sysvol/studio.local/scripts
"
    )
}

/// Returns an organisational unit, as LDIF.
pub fn unit(dn: &str) -> String {
    format!("dn: {dn}\nobjectClass: organizationalUnit\n\n")
}

/// Returns the entry of somebody below [`PEOPLE`] as LDIF. `name` is their `cn`,
/// with the escapes of a distinguished name; `more` are lines that are added to
/// it.
pub fn person(name: &str, login: &str, more: &str) -> String {
    entry(&format!("CN={name}"), PEOPLE, login, more)
}

fn entry(name: &str, below: &str, login: &str, more: &str) -> String {
    let more = more.trim();
    let end = if more.is_empty() { "" } else { "\n" };
    let control = match more.contains("userAccountControl:") {
        true => "",
        false => "userAccountControl: 512\n",
    };
    let password = password(&password_of(login));
    format!(
        "dn: {name},{below}\nobjectClass: user\nsAMAccountName: {login}\n{control}{password}\n{more}{end}\n"
    )
}

/// Returns the password that somebody has.
pub fn password_of(login: &str) -> String {
    format!("Pässwörd of {login}")
}

/// Returns the line of an entry that sets its password.
fn password(password: &str) -> String {
    let quoted = format!("\"{password}\"");
    let bytes: Vec<u8> = quoted.encode_utf16().flat_map(u16::to_le_bytes).collect();
    format!("unicodePwd:: {}", STANDARD.encode(bytes))
}

/// Returns a group below [`GROUPS`] as LDIF. `name` is its `cn`, with the escapes of
/// a distinguished name.
pub fn group(name: &str, login: &str, members: &[&str]) -> String {
    let members = members.iter().map(|member| format!("member: {member}\n"));
    let members: String = members.collect();
    format!("dn: CN={name},{GROUPS}\nobjectClass: group\nsAMAccountName: {login}\n{members}\n")
}

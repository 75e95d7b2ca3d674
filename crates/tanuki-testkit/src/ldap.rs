//! A directory: OpenLDAP's server with a configuration of its own in a temporary
//! folder.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::programs::{feed, succeed};
use crate::tools;

/// The time-out for starting the server.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// The entry below which people are.
pub const PEOPLE: &str = "ou=people,dc=studio,dc=local";

const ADMIN: &str = "cn=admin,dc=studio,dc=local";
const ADMIN_PASSWORD: &str = "secret of the directory";

/// Who reads people for the server under test; limits of the directory hold for
/// them.
const READER: &str = "cn=reader,dc=studio,dc=local";
const READER_PASSWORD: &str = "secret of the reader";

const SCHEMAS: &str = "/etc/ldap/schema";
const MODULES: &str = "/usr/lib/ldap";

const TREE: &str = "dn: dc=studio,dc=local
objectClass: dcObject
objectClass: organization
dc: studio
o: studio

dn: cn=reader,dc=studio,dc=local
objectClass: person
cn: reader
sn: reader
userPassword: secret of the reader

dn: ou=people,dc=studio,dc=local
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=studio,dc=local
objectClass: organizationalUnit
ou: groups
";

/// Attributes of Active Directory, which OpenLDAP's schemas do not have.
const ACTIVE_DIRECTORY: &str = "
attributetype ( 1.3.6.1.4.1.4203.666.1.1 NAME 'sAMAccountName'
  EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.4203.666.1.2 NAME 'userAccountControl'
  EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.4203.666.1.3 NAME 'objectGUID'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.4203.666.1.4 NAME 'thumbnailPhoto'
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.2.1 NAME 'computer' SUP top AUXILIARY )
objectclass ( 1.3.6.1.4.1.4203.666.2.2 NAME 'contact' SUP top AUXILIARY )
";

/// A running directory, stopped when dropped.
#[derive(Debug)]
pub struct LdapServer {
    folder: TempDir,
    program: PathBuf,
    child: Option<Child>,
    port: u16,
    tls_port: u16,
}

impl LdapServer {
    /// Starts a directory without people. `configuration` is added to that of the
    /// server. `None` if OpenLDAP is not installed.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start(configuration: &str) -> Result<Option<Self>> {
        let found = tools::slapd();
        let Some(program) = tools::or_skip(found, "the LDAP suite", "slapd with ldap-utils") else {
            return Ok(None);
        };
        let folder = tempfile::Builder::new().prefix("tanuki-ldap-").tempdir()?;
        let mut server = Self {
            folder,
            program,
            child: None,
            port: 0,
            tls_port: 0,
        };
        server.configure(configuration)?;
        let tree = server.path("tree.ldif");
        std::fs::write(&tree, TREE)?;
        let mut loading = server.tool("slapadd");
        loading.arg("-f").arg(server.path("slapd.conf"));
        succeed(loading.arg("-l").arg(tree))?;
        // Two ports that nobody has; another may have taken one meanwhile.
        for attempt in 1.. {
            let ports = [
                TcpListener::bind("127.0.0.1:0")?,
                TcpListener::bind("127.0.0.1:0")?,
            ];
            server.port = ports[0].local_addr()?.port();
            server.tls_port = ports[1].local_addr()?.port();
            drop(ports);
            match server.start_again() {
                Ok(()) => break,
                Err(error) if attempt == 3 => return Err(error),
                Err(_) => {}
            }
        }
        Ok(Some(server))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns a program that is installed with the server.
    fn tool(&self, name: &str) -> Command {
        Command::new(self.program.with_file_name(name))
    }

    fn configure(&self, more: &str) -> Result<()> {
        std::fs::create_dir(self.path("db"))?;
        make_certificate(self.folder.path(), "DNS:localhost,IP:127.0.0.1")?;
        let schemas = ["core", "cosine", "inetorgperson", "nis"];
        let mut text: String = schemas
            .iter()
            .map(|name| format!("include {SCHEMAS}/{name}.schema\n"))
            .collect();
        let path = self.folder.path().display();
        text.push_str(ACTIVE_DIRECTORY);
        text.push_str(&format!(
            "modulepath {MODULES}
moduleload back_mdb
pidfile {path}/pid
argsfile {path}/args
TLSCertificateFile {path}/certificate.pem
TLSCertificateKeyFile {path}/key.pem
{more}
database mdb
suffix \"dc=studio,dc=local\"
rootdn \"{ADMIN}\"
rootpw \"{ADMIN_PASSWORD}\"
directory {path}/db
maxsize 104857600
dbnosync
"
        ));
        std::fs::write(self.path("slapd.conf"), text)?;
        Ok(())
    }

    /// Starts the server after [`stop`](Self::stop), with what it had.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start_again(&mut self) -> Result<()> {
        let (port, tls_port) = (self.port, self.tls_port);
        let child = Command::new(&self.program)
            .arg("-f")
            .arg(self.path("slapd.conf"))
            .args(["-d", "0", "-h"])
            .arg(format!(
                "ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"
            ))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        self.child = Some(child);
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.answers() {
            let child = self.child.as_mut().context("no server")?;
            if Instant::now() > deadline || child.try_wait()?.is_some() {
                bail!("slapd does not start");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Whether this server listens on both ports: another program may have taken
    /// one of them, which accepts a connection but not the administrator.
    fn answers(&self) -> bool {
        let listens = |port| TcpStream::connect(("127.0.0.1", port)).is_ok();
        listens(self.port)
            && listens(self.tls_port)
            && self.lets_in(ADMIN, ADMIN_PASSWORD).is_ok_and(|known| known)
    }

    /// Stops the server.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have exited by itself.
            let _ended = child.kill();
            let _status = child.wait();
        }
    }

    /// Returns the port on which TLS is used from the beginning.
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// Returns the path of the certificate, as PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.path("certificate.pem")
    }

    /// Returns the settings of a Tanuki whose people are in this directory, while
    /// others have local passwords.
    pub fn variables(&self) -> [(&'static str, String); 8] {
        [
            ("AUTH_STRATEGY", "auth_remote_ldap".into()),
            ("LDAP_HOST", "127.0.0.1".into()),
            ("LDAP_PORT", self.port.to_string()),
            ("LDAP_BASE_DN", PEOPLE.into()),
            ("LDAP_FALLBACK", "true".into()),
            ("LDAP_USER", READER.into()),
            ("LDAP_PASSWORD", READER_PASSWORD.into()),
            ("EMAIL_DOMAIN", "studio.com".into()),
        ]
    }

    /// Adds entries, or changes them, as the LDIF says.
    ///
    /// # Errors
    ///
    /// If the server refuses one.
    pub fn change(&self, ldif: &str) -> Result<()> {
        modify(self.client("ldapmodify", ADMIN, ADMIN_PASSWORD), ldif)
    }

    /// Whether a client of OpenLDAP logs in with a name and a password.
    ///
    /// # Errors
    ///
    /// If there is no such client.
    pub fn lets_in(&self, name: &str, password: &str) -> Result<bool> {
        let output = self.client("ldapwhoami", name, password).output()?;
        Ok(output.status.success())
    }

    fn client(&self, program: &str, name: &str, password: &str) -> Command {
        let mut command = Command::new(program);
        // With TLS, as some configurations ask for; another server than this one has
        // another certificate.
        command
            .env("LDAPTLS_CACERT", self.ca_file())
            .args(["-x", "-ZZ", "-H"])
            .arg(format!("ldap://127.0.0.1:{}", self.port))
            .args(["-D", name, "-w", password]);
        command
    }
}

impl Drop for LdapServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Returns the entry of somebody, as LDIF. `more` are lines that are added to it.
pub fn person(login: &str, first_name: &str, last_name: &str, more: &str) -> String {
    let more = more.trim();
    let end = if more.is_empty() { "" } else { "\n" };
    format!(
        "dn: uid={login},{PEOPLE}
objectClass: inetOrgPerson
objectClass: extensibleObject
uid: {login}
cn: {first_name} {last_name}
givenName: {first_name}
sn: {last_name}
userPassword: password of {login}
{more}{end}
"
    )
}

/// Makes `key.pem` and `certificate.pem`, which is its own authority, for these
/// names in a folder.
pub(crate) fn make_certificate(folder: &Path, names: &str) -> Result<()> {
    let mut making = Command::new("openssl");
    making
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args(["-subj", "/CN=localhost"])
        .arg("-addext")
        .arg(format!("subjectAltName={names}"))
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("certificate.pem"));
    succeed(&mut making)
}

/// Runs `ldapmodify`, which adds entries or changes them, as the LDIF says.
pub(crate) fn modify(mut client: Command, ldif: &str) -> Result<()> {
    feed(client.arg("-a").stdout(Stdio::null()), ldif)?;
    Ok(())
}

"""Makes the databases of a domain controller in the folder of its smb.conf, of which
arguments are the path and the administrator's password.

`samba-tool domain provision` does the same and sets the ACLs of shares besides, which
not every file system has; no share is served here.
"""

import logging
import sys

from samba.auth import system_session
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.param import LoadParm
from samba.provision import provision

configuration, password = sys.argv[1:]
settings = LoadParm()
settings.load(configuration)
provision(
    logging.getLogger(),
    system_session(),
    smbconf=configuration,
    lp=settings,
    realm=settings.get("realm"),
    domain=settings.get("workgroup"),
    hostname=settings.get("netbios name").lower(),
    hostip="127.0.0.1",
    adminpass=password,
    serverrole="active directory domain controller",
    dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
    dns_backend="NONE",
    use_rfc2307=True,
    skip_sysvolacl=True,
)

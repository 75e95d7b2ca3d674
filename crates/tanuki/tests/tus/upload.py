"""Uploads a file with unmodified tuspy: `upload.py URL TOKEN FILE [UPLOAD]`. With the URL of an upload, that is
continued. Prints the URL of the upload, then each offset that the server answered."""

import sys
import time

from tusclient import client

url, token, path = sys.argv[1:4]
upload = sys.argv[4] if len(sys.argv) > 4 else None
tus = client.TusClient(url, headers={"Authorization": f"Bearer {token}"})
uploader = tus.uploader(path, chunk_size=200_000, url=upload, metadata={"filename": "film é.mov"})
if upload is None:
    uploader.set_url(uploader.create_url())
print(uploader.url, uploader.offset, flush=True)
while uploader.offset < uploader.get_file_size():
    uploader.upload_chunk()
    print(uploader.offset, flush=True)
    time.sleep(0.01)

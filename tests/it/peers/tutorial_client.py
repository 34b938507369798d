"""The tutorial's client: one sendall of the words and a newline, one recv."""

import socket
import sys

host, port, *words = sys.argv[1:]
data = " ".join(words)
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
    sock.connect((host, int(port)))
    sock.sendall(bytes(data + "\n", "utf-8"))
    received = str(sock.recv(1024), "utf-8")
print(f"Enviado:  {data}")
print(f"Recebido: {received}")

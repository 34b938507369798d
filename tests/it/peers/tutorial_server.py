"""The tutorial's server: one recv, two prints, one sendall."""

import socketserver


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.data = self.request.recv(1024).strip()
        print(f"Recebido de {self.client_address[0]}:")
        print(self.data.decode())
        self.request.sendall(self.data.decode().upper().encode())


with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
    print("port", server.server_address[1], flush=True)
    server.serve_forever()

package supervisor

import (
	"fmt"
	"syscall"
)

// reservePort finds a free loopback port and keeps it for the life of this process: the socket is bound but never listens, so
// the kernel gives the port to nobody who asks for any port, while a server that asks for this one (with SO_REUSEADDR, as Go's
// do) gets it, time and again.
func reservePort() (int, error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("reserve a port: %w", err)
	}
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, fmt.Errorf("reserve a port: %w", err)
	}
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, fmt.Errorf("reserve a port: %w", err)
	}
	address, err := syscall.Getsockname(socket)
	if err != nil {
		return 0, fmt.Errorf("reserve a port: %w", err)
	}
	return address.(*syscall.SockaddrInet4).Port, nil
}

package supervisor

import (
	"os"
	"strings"
	"sync"
)

// logLimit is the size in bytes at which a log file is put aside; with the one put aside before, a process keeps twice that.
const logLimit = 4 << 20

// log is a file of limited size. It is an io.Writer for the output of a process.
type log struct {
	path string

	mu   sync.Mutex
	file *os.File
	size int
}

func openLog(path string) (*log, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &log{path: path, file: file}, nil
}

func (l *log) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size+len(data) > logLimit {
		if err := l.turn(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(data)
	l.size += n
	return n, err
}

func (l *log) turn() error {
	l.file.Close()
	if err := os.Rename(l.path, l.path+".old"); err != nil {
		return err
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	l.file, l.size = file, 0
	return nil
}

// lastLine is the last thing that the process said, or "".
func (l *log) lastLine() string {
	data, err := os.ReadFile(l.path)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return lines[len(lines)-1]
}

package demo

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/server/door"
)

// links keeps a link to the page that has not been used: the controller removes the file of one that has.
type links struct {
	file, page string
	told       func(link string)
	stop       chan struct{}
	stopped    sync.WaitGroup
}

// lookAtLink is how often it is looked whether the link has been used.
const lookAtLink = 500 * time.Millisecond

// offerLinks makes the first link, and then another for each that was used, which told is told of.
func offerLinks(dir, page string, told func(link string)) (l *links, first string, err error) {
	l = &links{file: filepath.Join(dir, "page-link"), page: page, told: told, stop: make(chan struct{})}
	if first, err = l.renew(); err != nil {
		return nil, "", err
	}
	l.stopped.Go(l.watch)
	return l, first, nil
}

func (l *links) watch() {
	look := time.NewTicker(lookAtLink)
	defer look.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-look.C:
		}
		if _, err := os.Stat(l.file); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if link, err := l.renew(); err == nil {
			l.told(link)
		}
	}
}

// renew puts a new secret in place, whole.
func (l *links) renew() (link string, err error) {
	secret := rand.Text()
	if err := os.WriteFile(l.file+".new", []byte(secret), 0o600); err != nil {
		return "", fmt.Errorf("make a link to the page: %w", err)
	}
	if err := os.Rename(l.file+".new", l.file); err != nil {
		return "", fmt.Errorf("make a link to the page: %w", err)
	}
	return l.page + door.LinkPath(secret), nil
}

func (l *links) end() {
	close(l.stop)
	l.stopped.Wait()
}

package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// shelf is a directory with the packs of one repository of artifacts or charts, by digest. A pack is put in place
// whole and never changes. Like a mirror it is a cache: what is gone or broken is fetched again.
type shelf struct {
	dir      string
	arrivals flights[arrival, *pack]
}

type arrival struct {
	digest string
	limits Limits
}

const (
	packExt     = ".pack"
	arrivingExt = ".arriving"
)

func (s *shelf) file(digest string) string {
	return filepath.Join(s.dir, strings.TrimPrefix(digest, "sha256:")+packExt)
}

// get returns the pack of a digest, which bring fills if it is not here. Callers who want the same share one call.
func (s *shelf) get(ctx context.Context, want arrival, bring func(context.Context, *packer) error) (*pack, error) {
	p, err := s.arrivals.do(ctx, want, func(ctx context.Context) (*pack, error) {
		p, err := s.open(want.digest)
		if err == nil {
			return p, nil
		}
		if err := explainDisk(s.put(ctx, want, bring)); err != nil {
			return nil, err
		}
		return s.open(want.digest)
	})
	if err != nil {
		return nil, err
	}
	if p.tree.count > want.limits.MaxFiles { // another Head, with wider limits, has brought it
		return nil, tooManyFiles(want.limits)
	}
	return p, nil
}

func (s *shelf) open(digest string) (*pack, error) {
	file, err := os.Open(s.file(digest))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p, err := readPack(file)
	if err != nil {
		return nil, err
	}
	p.tree.commit = digest
	s.touch(digest)
	return p, nil
}

// unused is how long a pack stays that nobody asks for.
const unused = 7 * 24 * time.Hour

// has tells whether a pack is here, and notes that it is wanted.
func (s *shelf) has(digest string) bool {
	_, err := os.Stat(s.file(digest))
	if err == nil {
		s.touch(digest)
	}
	return err == nil
}

// touch notes, once a day, that a pack is wanted. If that fails it is fetched again in a week.
func (s *shelf) touch(digest string) {
	info, err := os.Stat(s.file(digest))
	if now := time.Now(); err == nil && now.Sub(info.ModTime()) > unused/7 {
		_ = os.Chtimes(s.file(digest), now, now)
	}
}

func (s *shelf) put(ctx context.Context, want arrival, bring func(context.Context, *packer) error) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	s.sweep()
	file, err := os.CreateTemp(s.dir, "*"+arrivingExt)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // in vain, once it has its name
	defer file.Close()
	packer := newPacker(file, want.limits)
	if err := bring(ctx, packer); err != nil {
		return err
	}
	if err := packer.end(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), s.file(want.digest))
}

// sweep removes what nobody has asked for in a while, and what a killed process has left behind.
func (s *shelf) sweep() {
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		age := time.Since(info.ModTime())
		if ext := filepath.Ext(e.Name()); ext == packExt && age > unused || ext == arrivingExt && age > time.Hour {
			_ = os.Remove(filepath.Join(s.dir, e.Name()))
		}
	}
}

// spool keeps what arrives in a file that has no name for long, and tells its hash. The caller closes it.
func (s *shelf) spool(r io.Reader, most int64) (_ *os.File, digest string, err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, "", explainDisk(err)
	}
	file, err := os.CreateTemp(s.dir, "*"+arrivingExt)
	if err != nil {
		return nil, "", explainDisk(err)
	}
	_ = os.Remove(file.Name()) // if that can't be done to an open file, sweep does it
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(r, most+1))
	if err == nil && n > most {
		err = hint.With(fmt.Errorf("%w: the archive has more than %s", ErrTooLarge, byteSize(most)), "keep large files out of it, or raise the limit")
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, "", explainDisk(err)
	}
	return file, "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// explainDisk says what a full disk is.
func explainDisk(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return hint.With(errDiskFull, "free some space where the mirrors are kept")
	}
	return err
}

// shelved is the content of a pack.
type shelved struct {
	url   string
	shelf *shelf
	want  arrival
	pack  *pack
	// again fetches the archive, should its pack be gone or broken.
	again func(context.Context, *packer) error
}

func (f shelved) String() string { return f.url }

// bring has nothing to do: an archive comes whole.
func (f shelved) bring(context.Context, []string) error { return nil }

func (f shelved) size(hash string) (int64, error) { return f.pack.spans[hash].Size, nil }

func (f shelved) file(hash string, agree func(size int64) error) ([]byte, error) {
	if err := agree(f.pack.spans[hash].Size); err != nil {
		return nil, err
	}
	content, err := f.shelf.read(f.want.digest, f.pack, hash)
	if err == nil || !errors.Is(err, errBroken) && !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	ctx, cancel := f.want.limits.within(context.Background()) // io/fs passes none
	defer cancel()
	if err := os.Remove(f.shelf.file(f.want.digest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	p, err := f.shelf.get(ctx, f.want, f.again)
	if err != nil {
		return nil, err
	}
	return f.shelf.read(f.want.digest, p, hash)
}

func (s *shelf) read(digest string, p *pack, hash string) ([]byte, error) {
	file, err := os.Open(s.file(digest))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return p.read(file, hash)
}

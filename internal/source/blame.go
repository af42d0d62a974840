package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Bounds of a look for who wrote a line.
const (
	blameDepth    = 500      // commits
	blameVersions = 200      // of the file
	blameSize     = 64 << 20 // bytes that one fetch may bring
	blameTime     = 20 * time.Second
	mostBlamed    = 2000 // lines that are remembered
)

// ErrUnknownAuthor means that it can't be told who wrote a line: it is older than what is looked at, or the source is no git
// repository.
var ErrUnknownAuthor = errors.New("it can't be told who wrote it")

// Blame says which commit wrote a line (from 1) of a file of the snapshot: its Commit, Author, Message and Time. The history
// is fetched for it, up to 500 commits and without files but this one's versions, into a mirror of its own. What a version of a
// file has been found out about is remembered. It takes 20 s at most; errors wrap ErrUnknownAuthor or are those of a fetch.
func (s *Snapshot) Blame(ctx context.Context, file string, line int) (Revision, error) {
	files, _ := s.files.(*treeFS)
	if files == nil {
		return Revision{}, ErrUnknownAuthor
	}
	from, isGit := files.from.(commitFiles)
	hash, isThere := s.TreeHash(file)
	if !isGit || !isThere || line < 1 {
		return Revision{}, ErrUnknownAuthor
	}
	ctx, cancel := context.WithTimeout(ctx, blameTime)
	defer cancel()
	found, err := from.blame(ctx, from.commit, blamed{hash, file, line})
	if err != nil {
		return Revision{}, fmt.Errorf("find who wrote %s:%d: %w", file, line, err)
	}
	return found, nil
}

// blamed is a line of one version of a file.
type blamed struct {
	hash, file string
	line       int
}

// annals are what is known of who wrote what, in a mirror with history.
type annals struct {
	*mirror
	mu    sync.Mutex
	known map[blamed]Revision
}

func (a *annals) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.mirror != nil {
		a.objects.close()
	}
}

func (r *Repo) blame(ctx context.Context, commit string, of blamed) (Revision, error) {
	a := &r.mirror.annals
	a.mu.Lock()
	if a.mirror == nil {
		a.mirror, a.known = newMirror(strings.TrimSuffix(r.mirror.dir, ".git")+"-history.git"), map[blamed]Revision{}
	}
	found, isKnown := a.known[of]
	a.mu.Unlock()
	if isKnown {
		return found, nil
	}
	w, err := a.lock(ctx)
	if err != nil {
		return Revision{}, err
	}
	defer w.end()
	if found, err = r.blameLocked(ctx, a.mirror, w, commit, of); err != nil {
		if isMirrorsFault(err) || a.isOverweight(r.limits) {
			_ = a.remove() // for the next one
		}
		return Revision{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.known) >= mostBlamed {
		clear(a.known)
	}
	a.known[of] = found
	return found, nil
}

func (r *Repo) blameLocked(ctx context.Context, history *mirror, w writing, commit string, of blamed) (Revision, error) {
	if err := history.makeLocked(ctx); err != nil {
		return Revision{}, err
	}
	bring := func(c command) error {
		guarded, stop := history.guard(ctx, blameSize)
		defer stop()
		c.repo, c.lock = history.dir, w.file
		_, err := r.git(guarded, c)
		return err
	}
	ask := func(args ...string) (string, error) {
		// What isn't here stays where it is.
		out, err := command{repo: history.dir, env: append(cleanEnv(history.dir), "GIT_NO_LAZY_FETCH=1"), args: args}.run(ctx)
		return string(out), err
	}
	if err := bring(command{args: fetching("--depth="+strconv.Itoa(blameDepth), "--filter=blob:none", "--", "origin", "+"+commit+":refs/fairlead/blame")}); err != nil {
		return Revision{}, err
	}
	log, err := ask("log", "--format=", "--raw", "--no-abbrev", "--no-renames", "-m", "--max-count="+strconv.Itoa(blameVersions), commit, "--", of.file)
	if err != nil {
		return Revision{}, err
	}
	if versions, err := history.missing(ctx, append(versionsIn(log), of.hash)); err != nil {
		return Revision{}, err
	} else if len(versions) > 0 {
		err := bring(command{args: fetching("--filter=blob:none", "--stdin", "--", "origin"), stdin: strings.NewReader(strings.Join(versions, "\n") + "\n"),
			settings: []setting{{"fetch.negotiationAlgorithm", "noop"}}})
		if err != nil {
			return Revision{}, err
		}
	}
	at := strconv.Itoa(of.line)
	out, err := ask("blame", "--porcelain", "-L", at+","+at, commit, "--", of.file)
	if err != nil {
		return Revision{}, fmt.Errorf("%w: %w", ErrUnknownAuthor, err)
	}
	found, isBoundary := parseBlame(out)
	if shallow, _ := ask("rev-parse", "--is-shallow-repository"); isBoundary && strings.TrimSpace(shallow) == "true" {
		return Revision{}, hint.With(fmt.Errorf("%w: it is older than %d commits", ErrUnknownAuthor, blameDepth), "see who did with: git blame "+of.file)
	}
	return found, nil
}

// versionsIn reads the hashes of a file's versions from lines ":<mode> <mode> <hash> <hash> <status>" of git-log(1).
func versionsIn(log string) []string {
	var hashes []string
	for line := range strings.Lines(log) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], ":") {
			continue
		}
		for _, hash := range fields[2:4] {
			if fullHash.MatchString(hash) && strings.Trim(hash, "0") != "" {
				hashes = append(hashes, hash)
			}
		}
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

// parseBlame reads the one line that git-blame(1) was asked for, in its porcelain format.
func parseBlame(out string) (found Revision, isBoundary bool) {
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		value = strings.ToValidUTF8(value, "\uFFFD")
		switch {
		case found.Commit == "" && fullHash.MatchString(key):
			found.Commit = key
		case key == "author":
			found.Author = value
		case key == "author-mail":
			found.Email = strings.Trim(value, "<>")
		case key == "author-time":
			if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
				found.Time = time.Unix(seconds, 0).UTC()
			}
		case key == "summary":
			found.Message = value
		case key == "boundary":
			isBoundary = true
		}
	}
	return found, isBoundary
}

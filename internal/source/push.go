package source

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// writeObject keeps an object in the mirror, and returns its hash.
func (m *mirror) writeObject(ctx context.Context, kind string, content []byte) (hash string, err error) {
	out, err := command{
		repo: m.dir, env: cleanEnv(m.dir),
		args: []string{"hash-object", "-t", kind, "-w", "--stdin"}, stdin: bytes.NewReader(content),
	}.run(ctx)
	return strings.TrimSpace(string(out)), err
}

// writeTree makes of a commit's tree one in which some files are others, and returns its hash. No other file's content is
// needed: the trees are merged in an index that is thrown away.
func (m *mirror) writeTree(ctx context.Context, base *tree, files map[string][]byte) (hash string, err error) {
	var lines strings.Builder
	for _, path := range slices.Sorted(maps.Keys(files)) {
		blob := ""
		if files[path] != nil {
			if blob, err = m.writeObject(ctx, "blob", files[path]); err != nil {
				return "", err
			}
		}
		line, err := base.indexLine(path, blob)
		if err != nil {
			return "", err
		}
		lines.WriteString(line)
	}
	if lines.Len() == 0 {
		return base.said.tree, nil
	}
	dir, err := os.MkdirTemp("", "fairlead-index-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var out []byte
	for _, c := range []command{
		{args: []string{"read-tree", base.commit}},
		{args: []string{"update-index", "-z", "--index-info"}, stdin: strings.NewReader(lines.String())},
		{args: []string{"write-tree", "--missing-ok"}},
	} {
		c.repo, c.env = m.dir, append(cleanEnv(m.dir), "GIT_INDEX_FILE="+filepath.Join(dir, "index"))
		if out, err = c.run(ctx); err != nil {
			return "", err
		}
	}
	return strings.TrimSpace(string(out)), nil
}

// sending is what goes to a branch: a commit upon parent, in the place of another if replaces is not "".
type sending struct {
	commit, parent, replaces string
	branch                   string
}

// push sends a commit to a branch. What is sent again after a lost connection is the same commit, which can't be there twice.
func (r *Repo) push(ctx context.Context, w writing, p sending) error {
	var err error
	for range attempts {
		err = r.pushOnce(ctx, w, p)
		if err == nil || isRefused(err) {
			return err
		}
		landed, unknown := r.hasLanded(ctx, w, p)
		switch {
		case unknown != nil:
			return hint.With(fmt.Errorf("%w: push %.8s to branch %s: %w", ErrMayHaveLanded, p.commit, p.branch, err), "see whether it is there before you do it again: git fetch, git log origin/"+p.branch)
		case landed == arrived:
			return nil
		case landed == overtaken:
			return ErrOvertaken
		}
	}
	if errors.Is(err, ErrOvertaken) {
		err = fmt.Errorf("%w: %s", ErrPushRefused, err.Error()) // not by anybody: the branch is as it was
	}
	return err
}

func (r *Repo) pushOnce(ctx context.Context, w writing, p sending) error {
	ctx, cancel := r.limits.within(ctx)
	defer cancel()
	ref := "refs/heads/" + p.branch
	args := []string{"push", "--quiet", "--no-verify", "--no-thin", "--no-signed", "--no-follow-tags", "--recurse-submodules=no"}
	if p.replaces != "" {
		args = append(args, "--force-with-lease="+ref+":"+p.replaces) // and nothing else that is there by now
	}
	_, err := r.git(ctx, command{repo: r.mirror.dir, lock: w.file, args: append(args, "--", "origin", p.commit+":"+ref)})
	if errors.Is(err, ErrAuthRequired) || errors.Is(err, ErrAuthRefused) {
		return hint.With(err, "give a login that may push to the repository") // it has let this one read
	}
	return err
}

// isRefused says whether the server has said no. That somebody was quicker may have been this very commit: libraries for
// http send again, unasked, what has got no answer.
func isRefused(err error) bool {
	return slices.ContainsFunc([]error{ErrPushRefused, ErrAuthRequired, ErrAuthRefused, ErrRepositoryNotFound}, func(no error) bool { return errors.Is(err, no) })
}

type landing int

const (
	missing landing = iota
	arrived
	overtaken
)

// hasLanded asks the server what became of a push that it hasn't answered.
func (r *Repo) hasLanded(ctx context.Context, w writing, p sending) (landing, error) {
	ctx, cancel := r.limits.within(ctx)
	defer cancel()
	tips, err := r.list(ctx, []string{"--heads"})
	if err != nil {
		return missing, err
	}
	i := slices.IndexFunc(tips, func(t remoteRef) bool { return t.short() == p.branch })
	switch {
	case i < 0 || tips[i].commit == cmp.Or(p.replaces, p.parent):
		return missing, nil
	case tips[i].commit == p.commit:
		return arrived, nil
	}
	// Somebody has pushed: upon the commit, or in its place?
	isBelow, err := r.isBelow(ctx, w, p.commit, tips[i].commit)
	switch {
	case err != nil:
		return missing, err
	case isBelow:
		return arrived, nil
	}
	return overtaken, nil
}

// isBelow says whether a commit is one of the last hundred or so that lead to a tip.
func (r *Repo) isBelow(ctx context.Context, w writing, commit, tip string) (bool, error) {
	if commit == tip {
		return true, nil
	}
	ctx, cancel := r.limits.within(ctx)
	defer cancel()
	const recent = "--depth=100"
	if err := r.write(ctx, w, command{args: fetching(recent, "--filter=blob:none", "--", "origin", "+"+tip+":refs/fairlead/landed")}); err != nil {
		return false, err
	}
	out, err := command{repo: r.mirror.dir, env: cleanEnv(r.mirror.dir), args: []string{"rev-list", "--max-count=100", tip}}.run(ctx)
	return slices.Contains(strings.Fields(string(out)), commit), err
}

// rejected is how git push words what it was refused, and by whom: itself, as the branch has commits that the new one
// isn't upon, or the server.
var rejected = regexp.MustCompile(`(?m)^ ! \[(remote )?rejected\] .*\((.*)\)$`)

// raced is what servers say when another push came in between.
var raced = []string{"failed to update ref", "cannot lock ref", "incorrect old value", "reference already exists", "failed to lock"}

// explainPush turns the complaint of a push that was refused into what it means; nil of any other.
func explainPush(complaint string) error {
	found := rejected.FindStringSubmatch(complaint)
	if found == nil {
		return nil
	}
	reason := found[2]
	text := strings.TrimSuffix(reason+": "+remoteWords(complaint), ": ")
	if found[1] == "" || slices.ContainsFunc(raced, func(s string) bool { return strings.Contains(reason, s) }) {
		return fmt.Errorf("%w: %s", ErrOvertaken, text)
	}
	if strings.Contains(strings.ToLower(text), "protected") {
		return hint.With(fmt.Errorf("%w: %s", ErrBranchProtected, text), "push to another branch, and have that merged")
	}
	return hint.With(fmt.Errorf("%w: %s", ErrPushRefused, text), "see what the server's rules for the branch want")
}

// remoteWords is what the server's own programs say of a push, in one line.
func remoteWords(complaint string) string {
	const most = 300 // bytes: some send pages
	var words []string
	for line := range strings.Lines(complaint) {
		said, ok := strings.CutPrefix(strings.TrimSpace(line), "remote:")
		said, _ = cutMark(strings.TrimSpace(said))
		if ok && strings.Trim(said, " -=*") != "" {
			words = append(words, said)
		}
	}
	text := strings.Join(words, "; ")
	if len(text) <= most {
		return text
	}
	cut := most
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

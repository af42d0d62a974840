package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source/signature"
)

// Draft is a commit that is to be made and pushed.
type Draft struct {
	Branch string // whose tip it comes upon; "" is the default branch
	// To is the branch that it is pushed to; "" is Branch. Another one is made, as for a pull request; if it is there
	// already it must be behind the commit.
	To string
	// Owner has the commit take the place of what To holds: of a commit that was made with the same Owner and that nobody has changed
	// or built upon, which a last line of its message shows; or of what Branch has as well. A commit of that Owner that says the same
	// and has the files already stays, with ErrNothingToCommit.
	Owner string

	Author, Email string            // of who makes the change, and commits it
	Message       string            // all of it
	Time          time.Time         // zero is now
	Signer        *signature.Signer // nil leaves it unsigned

	// Files makes the change: slash path from the root → content; nil (not merely empty) deletes the file. What is as
	// it was is no change. It is called again, with a newer Snapshot, whenever somebody has pushed meanwhile; its error
	// ends the Commit.
	Files func(context.Context, *Snapshot) (map[string][]byte, error)
}

// Errors that Commit returns, besides those of Fetch.
var (
	ErrNothingToCommit = errors.New("the files are so already")
	ErrPushRefused     = errors.New("the server refuses the push")
	ErrBranchProtected = fmt.Errorf("%w: the branch is protected", ErrPushRefused)
	// ErrOvertaken means that others have pushed each time.
	ErrOvertaken = errors.New("others push to the branch at the same time")
	// ErrMayHaveLanded means that the connection was lost, and the server can't be asked what became of the push.
	ErrMayHaveLanded = errors.New("the commit may have arrived or not")
)

// attempts to push: one more for each time that somebody else was quicker, or the connection was lost.
const attempts = 5

// Commit puts a Draft on top of its branch and pushes it, never by force: what others have pushed meanwhile is fetched,
// and the change made anew upon it. If the connection breaks before the server answers, the server is asked whether the
// commit has arrived, so that it isn't made twice. It returns the new Revision. With ErrNothingToCommit, that is the one
// that has the files already.
func (r *Repo) Commit(ctx context.Context, d Draft) (Revision, error) {
	revision, err := r.commit(ctx, d)
	if err != nil {
		return revision, fmt.Errorf("commit to %s: %w", r.at, err)
	}
	return revision, nil
}

func (r *Repo) commit(ctx context.Context, d Draft) (Revision, error) {
	if err := d.check(); err != nil {
		return Revision{}, err
	}
	if d.Branch == "" {
		head, err := r.resolve(ctx, Ref{})
		if err != nil {
			return Revision{}, err
		}
		d.Branch = shortName(head.target)
		if head.target == "" {
			return Revision{}, hint.With(errors.New("the server doesn't tell which branch is its default"), "name the branch")
		}
	}
	if d.To == "" {
		d.To = d.Branch
	}
	for range attempts {
		revision, err := r.commitOnce(ctx, d)
		if !errors.Is(err, ErrOvertaken) {
			return revision, err
		}
		if d.To != d.Branch && d.Owner == "" {
			return Revision{}, d.isTaken()
		}
	}
	return Revision{}, hint.With(fmt.Errorf("branch %s: %w: %d times", d.To, ErrOvertaken, attempts), "try again later")
}

func (r *Repo) commitOnce(ctx context.Context, d Draft) (Revision, error) {
	snapshot, err := r.Fetch(ctx, Ref{Branch: d.Branch})
	if err != nil {
		return Revision{}, err
	}
	files, err := d.Files(ctx, snapshot)
	if err != nil {
		return Revision{}, err
	}
	base := snapshot.files.(*treeFS).tree
	old, err := r.there(ctx, d)
	if err != nil {
		return Revision{}, err
	}
	w, err := r.mirror.lock(ctx)
	if err != nil {
		return Revision{}, err
	}
	defer w.end()
	if !r.mirror.isMade() || !r.mirror.has(base.commit) || old != nil && !r.mirror.has(old.commit) {
		return Revision{}, ErrOvertaken // another process has thrown the mirror away: what is needed is fetched again
	}
	if err := r.mayReplace(ctx, w, d, old, base); err != nil {
		return Revision{}, err
	}
	tree, err := r.mirror.writeTree(ctx, base, files)
	if err != nil {
		return Revision{}, err
	}
	if tree == base.said.tree {
		return snapshot.Revision, ErrNothingToCommit
	}
	if r.isSame(ctx, w, d, old, base, files) {
		return old.tipOf(d.To), ErrNothingToCommit
	}
	raw, err := d.text(tree, base.commit)
	if err != nil {
		return Revision{}, err
	}
	commit, err := r.mirror.writeObject(ctx, "commit", raw)
	if err != nil {
		return Revision{}, err
	}
	if err := r.push(ctx, w, sending{commit: commit, parent: base.commit, replaces: old.hash(), branch: d.To}); err != nil {
		return Revision{}, err
	}
	said, err := parseCommit(string(raw))
	said.revision.Commit, said.revision.Ref = commit, Ref{Branch: d.To}.String()
	return said.revision, err
}

// check finds what can't become a commit before anybody is contacted.
func (d Draft) check() error {
	for _, name := range []string{d.Branch, d.To} {
		if err := (Ref{Branch: name}).check(); err != nil {
			return err
		}
	}
	switch {
	case strings.TrimSpace(d.Message) == "":
		return errors.New("a commit without a message")
	case d.Author == "" || strings.ContainsAny(d.Author+d.Email, "<>") || strings.ContainsFunc(d.Author+d.Email, unicode.IsControl):
		return hint.With(fmt.Errorf("author %q, address %q: not what git takes", d.Author, d.Email), "give a name and an address without < and >")
	}
	return nil
}

// text is the commit as git keeps it (gitformat-signature(5) shows one), signed if that is wanted.
func (d Draft) text(tree, parent string) ([]byte, error) {
	at := d.Time
	if at.IsZero() {
		at = time.Now()
	}
	who := fmt.Sprintf("%s <%s> %d %s", d.Author, d.Email, at.Unix(), at.Format("-0700"))
	message := d.message()
	if d.Owner != "" {
		message += "\n\n" + sealed + d.seal(tree, parent, message)
	}
	message += "\n"
	raw := fmt.Appendf(nil, "tree %s\nparent %s\nauthor %s\ncommitter %s\n\n%s", tree, parent, who, who, message)
	if d.Signer == nil {
		return raw, nil
	}
	return d.Signer.Commit(raw)
}

// indexLine is what git-update-index(1) --index-info takes for a file, "" if it is as it was. hash is that of the content,
// "" for a file that goes.
func (t *tree) indexLine(path, hash string) (string, error) {
	const none = "0000000000000000000000000000000000000000"
	if !fs.ValidPath(path) || path == "." {
		return "", fmt.Errorf("%q is no path in a repository", path)
	}
	was := t.find(path)
	mode := "100644"
	switch {
	case was == nil && hash == "":
		return "", nil
	case was == nil:
	case !was.mode.IsRegular():
		return "", hint.With(fmt.Errorf("%s is no file, but a link, a directory or a submodule", path), "change what it leads to")
	case hash == "":
		return fmt.Sprintf("0 %s\t%s\x00", none, path), nil
	case hash == was.hash:
		return "", nil
	case was.mode&0o111 != 0:
		mode = "100755"
	}
	return fmt.Sprintf("%s %s\t%s\x00", mode, hash, path), nil
}

package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// sealed begins the last line of a message with which a Draft with an Owner is sealed.
const sealed = "Fairlead-Proposal: "

// seal tells a commit that was made for an Owner from one that somebody has changed since, or has put upon another: names and
// addresses don't, as people commit by the same.
func (d Draft) seal(tree, parent, message string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %s %s %q", d.Owner, tree, parent, message))
	return hex.EncodeToString(sum[:16])
}

// message is all of it but the seal.
func (d Draft) message() string {
	return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(d.Message, "\x00", ""), "\uFFFD"))
}

// parentOf is what a commit is upon that was made of a Draft with the same Owner, and is as it was then; "" of any other.
func (d Draft) parentOf(raw string) string {
	head, text, _ := strings.Cut(raw, "\n\n")
	message, seal := cutSeal(text)
	var tree, parent string
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch {
		case key == "tree" && tree == "":
			tree = value
		case key == "parent":
			parent += value // of a merge that is none
		}
	}
	if seal != d.seal(tree, parent, message) {
		return ""
	}
	return parent
}

func cutSeal(text string) (message, seal string) {
	at := strings.LastIndex(text, "\n\n"+sealed)
	if at < 0 {
		return text, ""
	}
	return text[:at], strings.TrimSpace(text[at+2+len(sealed):])
}

// there is what To holds that is to be replaced; nil if nothing is.
func (r *Repo) there(ctx context.Context, d Draft) (*tree, error) {
	if d.Owner == "" || d.To == d.Branch {
		return nil, nil
	}
	ctx, cancel := r.limits.within(ctx)
	defer cancel()
	_, old, err := r.resolveAndBring(ctx, Ref{Branch: d.To})
	switch {
	case errors.Is(err, errGone):
		return nil, ErrOvertaken // at this moment
	case errors.Is(err, ErrRefNotFound):
		return nil, nil
	}
	return old, err
}

// Owned is what a branch is at, and whether a Draft with an Owner would take its place: a commit of that Owner that nobody has changed or
// built upon. Its errors are those of Fetch.
func (r *Repo) Owned(ctx context.Context, branch, owner string) (tip Revision, isOwned bool, err error) {
	snapshot, err := r.Fetch(ctx, Ref{Branch: branch})
	if err != nil {
		return Revision{}, false, err
	}
	raw, err := r.mirror.objects.read(snapshot.Revision.Commit)
	if err != nil {
		return Revision{}, false, fmt.Errorf("read commit %.8s of %s: %w", snapshot.Revision.Commit, r.at, err)
	}
	return snapshot.Revision, Draft{Owner: owner}.parentOf(string(raw)) != "", nil
}

// mayReplace finds others' commits. What a commit of the Owner is upon was in the Branch when it was made.
func (r *Repo) mayReplace(ctx context.Context, w writing, d Draft, old, base *tree) error {
	if old == nil {
		return nil
	}
	raw, err := r.mirror.objects.read(old.commit)
	if err != nil || d.parentOf(string(raw)) != "" {
		return err
	}
	isMerged, err := r.isBelow(ctx, w, old.commit, base.commit)
	if err == nil && !isMerged {
		err = d.isTaken()
	}
	return err
}

// isSame says whether what is there needs no replacement: it says the same and has the files so. That others have moved on in files
// beside them is no reason; that they have taken back what it is upon is one.
func (r *Repo) isSame(ctx context.Context, w writing, d Draft, old, base *tree, files map[string][]byte) bool {
	if old == nil {
		return false
	}
	raw, err := r.mirror.objects.read(old.commit)
	said, _ := cutSeal(old.said.revision.Message)
	parent := d.parentOf(string(raw))
	if err != nil || said != d.message() || parent == "" {
		return false
	}
	if tree, err := r.mirror.writeTree(ctx, old, files); err != nil || tree != old.said.tree {
		return false
	}
	isBelow, err := r.isBelow(ctx, w, parent, base.commit)
	return err == nil && isBelow
}

// tipOf is the commit as what a branch is at.
func (t *tree) tipOf(branch string) Revision {
	revision := t.said.revision
	revision.Commit, revision.Ref = t.commit, Ref{Branch: branch}.String()
	return revision
}

// isTaken says that others use the branch.
func (d Draft) isTaken() error {
	return hint.With(fmt.Errorf("branch %s: %w: it holds other commits already", d.To, ErrPushRefused), "have it merged or removed, or name another branch")
}

// hash of its commit; "" of none.
func (t *tree) hash() string {
	if t == nil {
		return ""
	}
	return t.commit
}

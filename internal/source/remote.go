package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// remoteRef is one line of what a server offers.
type remoteRef struct {
	name   string // refs/heads/main, refs/tags/v1, HEAD
	target string // the branch that HEAD stands for, refs/heads/main, if the server tells
	object string // what it points at: a commit, or the object of an annotated tag
	commit string // what that points at in the end
}

// short is the name as a person writes it.
func (r remoteRef) short() string { return shortName(r.name) }

func shortName(name string) string {
	_, short, _ := strings.Cut(strings.TrimPrefix(name, "refs/"), "/")
	return short
}

// found says in words what ref has turned out to be.
func (r remoteRef) found(ref Ref) string {
	switch {
	case strings.HasPrefix(r.name, "refs/tags/"):
		return "tag " + r.short()
	case ref == Ref{} && r.target != "":
		return "default branch " + shortName(r.target)
	case ref.Commit != "":
		return "commit " + r.commit
	}
	return ref.String()
}

// resolve finds out what ref stands for now, by asking the server unless ref is a full hash.
func (r *Repo) resolve(ctx context.Context, ref Ref) (remoteRef, error) {
	switch {
	case ref.Branch != "":
		return r.find(ctx, ref, "--heads", ref.Branch)
	case ref.Tag != "":
		return r.find(ctx, ref, "--tags", ref.Tag)
	case ref.SemVer != "":
		tags, err := r.list(ctx, []string{"--tags"})
		if err != nil {
			return remoteRef{}, err
		}
		return highest(tags, ref)
	case fullHash().MatchString(ref.Commit):
		return remoteRef{object: ref.Commit, commit: ref.Commit}, nil
	case ref.Commit != "":
		return r.findTip(ctx, ref)
	}
	return r.findDefault(ctx)
}

// list asks the server for its refs with the options and patterns of git-ls-remote(1); --heads or --tags makes it
// send only these.
func (r *Repo) list(ctx context.Context, options []string, patterns ...string) ([]remoteRef, error) {
	store := filepath.Dir(r.mirror.dir)
	if err := os.MkdirAll(store, 0o700); err != nil {
		return nil, err
	}
	out, err := r.git(ctx, command{
		// Not in the mirror, which may be broken, nor in a repository that the store may lie in.
		dir:  store,
		env:  []string{"GIT_CEILING_DIRECTORIES=" + filepath.Dir(store)},
		args: slices.Concat([]string{"ls-remote"}, options, []string{"--", "origin"}, patterns),
	})
	if err != nil {
		return nil, err
	}
	r.mirror.admit(r.key)
	return parseRemoteRefs(string(out))
}

var errRefList = fmt.Errorf("%w: cannot read its list of branches and tags", errNotGit)

// parseRemoteRefs reads the lines "<hash>\t<name>" of git-ls-remote(1). The line after that of an annotated tag has
// the same name and ^{}, and the hash of what the tag points at; the line before that of a symbolic ref has
// "ref: <name>" in place of the hash.
func parseRemoteRefs(out string) ([]remoteRef, error) {
	var refs []remoteRef
	target := map[string]string{}
	for line := range strings.Lines(out) {
		object, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || name == "" {
			return nil, errRefList
		}
		if to, ok := strings.CutPrefix(object, "ref: "); ok {
			target[name] = to
			continue
		}
		if !fullHash().MatchString(object) {
			return nil, errRefList
		}
		if tag, ok := strings.CutSuffix(name, "^{}"); ok {
			if len(refs) == 0 || refs[len(refs)-1].name != tag {
				return nil, errRefList
			}
			refs[len(refs)-1].commit = object
			continue
		}
		refs = append(refs, remoteRef{name: name, target: target[name], object: object, commit: object})
	}
	return refs, nil
}

func (r *Repo) find(ctx context.Context, ref Ref, kind, name string) (remoteRef, error) {
	refs, err := r.list(ctx, []string{kind})
	if err != nil {
		return remoteRef{}, err
	}
	for _, candidate := range refs {
		if candidate.short() == name {
			return candidate, nil
		}
	}
	return remoteRef{}, notFound(ref, name, refs)
}

// findTip finds the one branch or tag whose commit begins with an abbreviated hash.
func (r *Repo) findTip(ctx context.Context, ref Ref) (remoteRef, error) {
	refs, err := r.list(ctx, []string{"--heads", "--tags"})
	if err != nil {
		return remoteRef{}, err
	}
	var found remoteRef
	for _, candidate := range refs {
		if !strings.HasPrefix(candidate.commit, ref.Commit) || candidate.commit == found.commit {
			continue
		}
		if found.commit != "" {
			return remoteRef{}, hint.With(fmt.Errorf("%s: %w: it begins several commits", ref, errRef), "write all 40 characters of the hash")
		}
		found = candidate
	}
	if found.commit == "" {
		return remoteRef{}, hint.With(fmt.Errorf("%s: %w as the tip of a branch or tag", ref, ErrRefNotFound), "write all 40 characters of the hash")
	}
	return found, nil
}

// findDefault asks for HEAD. Over the network all refs come, as git can ask for no single one; naming the branch
// spares that on servers that keep a ref for each change ever proposed.
func (r *Repo) findDefault(ctx context.Context) (remoteRef, error) {
	refs, err := r.list(ctx, []string{"--symref"}, "HEAD")
	if err != nil {
		return remoteRef{}, err
	}
	for _, candidate := range refs {
		if candidate.name == "HEAD" { // and not refs/remotes/origin/HEAD
			return candidate, nil
		}
	}
	branches, err := r.list(ctx, []string{"--heads"})
	if err != nil {
		return remoteRef{}, err
	}
	return remoteRef{}, notFound(Ref{}, "main", branches)
}

// highest returns the tag with the highest version in the range.
func highest(tags []remoteRef, ref Ref) (remoteRef, error) {
	best, err := highestVersion(tags, remoteRef.short, ref.SemVer)
	if err != nil {
		return remoteRef{}, fmt.Errorf("%s: %w", ref, err)
	}
	return best, nil
}

func notFound(ref Ref, name string, have []remoteRef) error {
	names := make([]string, len(have))
	for i, h := range have {
		names[i] = h.short()
	}
	return notAmong(ref, name, names)
}

// notAmong says that what is wanted, by its name, is none of those there are.
func notAmong(wanted fmt.Stringer, name string, have []string) error {
	err := fmt.Errorf("%s: %w", wanted, ErrRefNotFound)
	if len(have) == 0 {
		return hint.With(fmt.Errorf("%w, which has nothing of the kind", err), "push a first one; if there are some, see that the address is that of the repository itself")
	}
	return hint.With(err, "did you mean: "+strings.Join(hint.Nearest(name, have), ", "))
}

package source

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Revision is an immutable version of a source.
type Revision struct {
	Commit  string    // the full hash; of an artifact or chart its digest, sha256:…; "" for a directory that git doesn't know
	Version string    // of an artifact or chart that was found by a range of versions; else ""
	Ref     string    // how it was found, in words: "branch main", "tag v1.4.2", "chart web 1.2.0", "local files"
	Author  string    // the name of who wrote the change
	Email   string    // and their address
	Message string    // all of the commit's message
	Time    time.Time // when it was committed, in the committer's time zone

	SignedBy string // who has signed it, in words, if that was asked for (Auth.Verify)

	// LocalChanges means that files of this machine's work tree differ from Commit.
	LocalChanges bool
}

// Short is the version, or the beginning of the hash, enough for people to tell commits apart.
func (r Revision) Short() string { return cmp.Or(r.Version, r.abbreviated()) }

// IsCommit tells a commit of git from the digest of an artifact or chart.
func (r Revision) IsCommit() bool {
	return r.Commit != "" && !strings.HasPrefix(r.Commit, digestPrefix)
}

const digestPrefix = "sha256:"

func (r Revision) abbreviated() string {
	if digest, ok := strings.CutPrefix(r.Commit, digestPrefix); ok {
		return digest[:min(12, len(digest))] // as container tools show them
	}
	return r.Commit[:min(8, len(r.Commit))]
}

// Branch is the one whose tip it was; "" if it was found by something else.
func (r Revision) Branch() string {
	branch, isBranch := strings.CutPrefix(strings.TrimPrefix(r.Ref, "default "), "branch ")
	if !isBranch {
		return ""
	}
	return branch
}

// Subject is the first line of the message.
func (r Revision) Subject() string {
	line, _, _ := strings.Cut(strings.TrimSpace(r.Message), "\n")
	return strings.TrimSpace(line)
}

// String is such as "branch main at 1f2e3d4c", "local files" or "branch main at 1f2e3d4c (with local changes)".
func (r Revision) String() string {
	text := r.Ref
	if r.Commit != "" && !strings.HasSuffix(r.Ref, r.Commit) {
		text += " at " + r.abbreviated()
	}
	if r.LocalChanges {
		text += " (with local changes)"
	}
	return text
}

// commit is what a commit object says.
type commit struct {
	tree     string
	revision Revision // without Commit and Ref
}

// parseCommit reads the text of a commit object: lines "<key> <value>", which go on in lines that begin with a space,
// then an empty line and the message.
func parseCommit(text string) (commit, error) {
	head, message, _ := strings.Cut(text, "\n\n")
	c := commit{revision: Revision{Message: strings.ToValidUTF8(message, "\uFFFD")}}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch {
		case key == "tree" && c.tree == "":
			c.tree = value
		case key == "author":
			c.revision.Author, c.revision.Email, _ = parseSignature(value)
		case key == "committer":
			_, _, c.revision.Time = parseSignature(value)
		}
	}
	if !fullHash().MatchString(c.tree) {
		return commit{}, fmt.Errorf("%w: a commit without a tree", errBroken)
	}
	return c, nil
}

// parseSignature reads "Name <mail> <seconds> <zone>" as far as it goes: old tools have written all sorts of things.
func parseSignature(text string) (name, email string, at time.Time) {
	name, rest, _ := strings.Cut(strings.ToValidUTF8(text, "\uFFFD"), " <")
	email, stamp, _ := strings.Cut(rest, ">")
	fields := strings.Fields(stamp)
	if len(fields) == 0 {
		return name, email, time.Time{}
	}
	seconds, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return name, email, time.Time{}
	}
	at = time.Unix(seconds, 0).UTC()
	if len(fields) > 1 {
		if zone, err := time.Parse("-0700", fields[1]); err == nil {
			at = at.In(zone.Location())
		}
	}
	return name, email, at
}

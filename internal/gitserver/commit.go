package gitserver

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Commit is one commit to be made.
type Commit struct {
	Branch string            // "" is main; made if it isn't there
	Files  map[string][]byte // slash path from the root → content; nil (not merely empty) deletes the file or directory
	Links  map[string]string // slash path from the root → what the symbolic link says, unchecked
	// Replace makes Files and Links the whole tree. Without it they are changes to what the branch has.
	Replace bool
	Author  string    // "Name <mail>"; "" is "Fairlead <fairlead@localhost>"
	Message string    // "" is "update"
	Time    time.Time // of writing and committing; zero is now
}

// Commit puts c on top of its branch in the repository called name, and returns its hash. OnPush is not called:
// nobody has pushed.
func (s *Server) Commit(ctx context.Context, name string, c Commit) (hash string, err error) {
	repo, err := s.find(name)
	if err != nil {
		return "", fmt.Errorf("commit: %w", err)
	}
	if c.Branch == "" {
		c.Branch = "main"
	}
	defer s.lock(repo.name)()
	ref := "refs/heads/" + c.Branch
	tips, err := refs(ctx, repo.dir)
	if err != nil {
		return "", err
	}
	script, err := c.script(ref, tips[ref])
	if err != nil {
		return "", fmt.Errorf("commit to %s: %w", name, err)
	}
	cmd := command(ctx, repo.dir, "fast-import", "--quiet", "--done")
	cmd.Stdin = script
	mark, err := run(cmd)
	if err != nil {
		return "", fmt.Errorf("commit to %s: %w", name, err)
	}
	return strings.TrimSpace(string(mark)), nil
}

// script is c in the language of git-fast-import(1).
func (c Commit) script(ref, parent string) (*bytes.Buffer, error) {
	author, message, at := c.Author, c.Message, c.Time
	if author == "" {
		author = "Fairlead <fairlead@localhost>"
	}
	if message == "" {
		message = "update"
	}
	if at.IsZero() {
		at = time.Now()
	}
	if strings.ContainsAny(author, "\n\x00") || !strings.HasSuffix(author, ">") {
		return nil, fmt.Errorf(`author %q: want "Name <mail>"`, author)
	}

	if strings.ContainsFunc(ref, unicode.IsControl) {
		return nil, fmt.Errorf("branch %q is not a name git allows", c.Branch) // fast-import refuses the others
	}

	var b bytes.Buffer
	who := fmt.Sprintf("%s %d %s", author, at.Unix(), at.Format("-0700"))
	fmt.Fprintf(&b, "commit %s\nmark :1\nauthor %s\ncommitter %s\n", ref, who, who)
	data(&b, []byte(message))
	if parent != "" {
		fmt.Fprintf(&b, "from %s\n", parent)
	}
	if c.Replace {
		b.WriteString("deleteall\n")
	}
	for _, path := range slices.Sorted(maps.Keys(c.Files)) {
		if err := checkPath(path); err != nil {
			return nil, err
		}
		if c.Files[path] == nil {
			fmt.Fprintf(&b, "D %s\n", path)
			continue
		}
		fmt.Fprintf(&b, "M 100644 inline %s\n", path)
		data(&b, c.Files[path])
	}
	for _, path := range slices.Sorted(maps.Keys(c.Links)) {
		if err := checkPath(path); err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "M 120000 inline %s\n", path)
		data(&b, []byte(c.Links[path]))
	}
	b.WriteString("get-mark :1\ndone\n")
	return &b, nil
}

func data(b *bytes.Buffer, content []byte) {
	fmt.Fprintf(b, "data %d\n", len(content))
	b.Write(content)
	b.WriteByte('\n')
}

// checkPath refuses what would need quoting in the script, besides what no repository should hold.
func checkPath(path string) error {
	if !fs.ValidPath(path) || path == "." || strings.HasPrefix(path, `"`) || strings.ContainsFunc(path, unicode.IsControl) {
		return fmt.Errorf("path %q: want a slash path from the root of the repository", path)
	}
	return nil
}

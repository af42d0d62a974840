package automation

import (
	"fmt"
	"path"
	"strings"
)

// A trailer begins the lines of a commit's message that programs read. What was proposed is a person's once it is merged.
const (
	trailer         = "Automated-Update: "
	proposedTrailer = "Proposed-Update: "
)

// message is that of a commit: what was moved, from where to where, and why. Its last lines say the same for programs.
func message(updates []Update, trailer string) string {
	var b strings.Builder
	b.WriteString(subject(updates) + "\n")
	application := ""
	for _, u := range updates {
		if u.Application != application {
			application = u.Application
			fmt.Fprintf(&b, "\n%s\n", application)
		}
		fmt.Fprintf(&b, "  %s: %s → %s (%s)\n", u.Image, u.From, u.To, u.Why)
		if u.Page != "" {
			fmt.Fprintf(&b, "    %s\n", u.Page)
		}
	}
	b.WriteString("\n")
	for _, u := range updates {
		if !u.IsBack || trailer == proposedTrailer {
			fmt.Fprintf(&b, "%s%s %s %s %s\n", trailer, u.Application, u.Image, u.From, u.To)
		}
	}
	return b.String()
}

// markdown tells the same in a request.
func markdown(updates []Update) string {
	var b strings.Builder
	application := ""
	for _, u := range updates {
		if u.Application != application {
			application = u.Application
			fmt.Fprintf(&b, "\n**%s**\n\n", application)
		}
		fmt.Fprintf(&b, "- `%s`: `%s` → `%s` (%s) %s\n", u.Image, u.From, u.To, u.Why, u.Page)
	}
	b.WriteString("\nWhen something newer is due this branch is made anew, unless others have pushed to it. Once this is closed, the same is not proposed again.\n")
	return strings.TrimSpace(b.String())
}

// subject is a message's first line.
func subject(updates []Update) string {
	one := updates[0]
	applications, isOne := map[string]bool{}, true
	for _, u := range updates {
		applications[u.Application] = true
		isOne = isOne && u.Image == one.Image && u.To == one.To
	}
	_, name, _ := strings.Cut(one.Application, "/")
	switch {
	case isOne && len(applications) == 1 && one.IsBack:
		return fmt.Sprintf("%s: take back %s %s", name, path.Base(one.Image), short(one.From))
	case isOne && len(applications) == 1:
		return fmt.Sprintf("%s: update %s to %s", name, path.Base(one.Image), short(one.To))
	case isOne:
		return fmt.Sprintf("Update %s to %s in %d applications", path.Base(one.Image), short(one.To), len(applications))
	case len(applications) == 1:
		return fmt.Sprintf("%s: update %d %s", name, len(updates), nounOf(updates))
	}
	return fmt.Sprintf("Update %d %s of %d applications", len(updates), nounOf(updates), len(applications))
}

// nounOf is what updates are of.
func nounOf(updates []Update) string {
	charts := 0
	for _, u := range updates {
		if _, _, isChart := chartOf(u.Image); isChart {
			charts++
		}
	}
	switch charts {
	case 0:
		return "images"
	case len(updates):
		return "charts"
	}
	return "versions"
}

// short is a version for people: of a digest its first characters.
func short(version string) string {
	const shown = len("sha256:") + 12
	tag, digest, isPinned := strings.Cut(version, "@")
	if !isPinned {
		return tag
	}
	return strings.TrimPrefix(tag+"@"+digest[:min(len(digest), shown)], "@")
}

// Updates of a commit, as its message tells them; none of a commit that a person has made.
func Updates(message string) []Update { return updatesIn(message, trailer) }

func updatesIn(message, trailer string) []Update {
	var all []Update
	for line := range strings.Lines(message) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), trailer)
		if parts := strings.Fields(rest); ok && len(parts) == 4 {
			all = append(all, Update{Application: parts[0], Image: parts[1], From: parts[2], To: parts[3]})
		}
	}
	return all
}

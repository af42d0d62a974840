package usehelmcharts

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/fairlead-dev/fairlead/practice"
)

// describe judges what a chart of one's own says of itself, once, whatever values it is rendered with. What Helm doesn't
// render at all (no name, no version, values that can't be read) rendering tells.
func describe(p *practice.Pass, c *practice.Chart) {
	if c.Values != "" || c.APIVersion == "" && c.Version.Tag == "" {
		return
	}
	checkFormat(p, c)
	checkTexts(p, c)
	checkDependencies(p, c)
}

// lint is a finding of what `helm lint` refuses.
func lint(p *practice.Pass, at practice.Place, message, fix string) {
	p.Report(practice.Note{
		At: at, Severity: practice.Error, Message: message, Fix: fix,
		Leads: "helm lint fails, and with it each pipeline that runs it",
	})
}

func checkFormat(p *practice.Pass, c *practice.Chart) {
	switch c.APIVersion {
	case "v2":
		return
	case "v1":
	case "":
		lint(p, c.At("apiVersion"), "the chart names no apiVersion, which means v1", "add apiVersion: v2")
		return
	default:
		lint(p, c.At("apiVersion"), fmt.Sprintf("the chart's apiVersion %q is neither v1 nor v2", c.APIVersion), "write apiVersion: v2")
		return
	}
	switch {
	case c.Type != "":
		lint(p, c.At("type"), "the chart has a type, which apiVersion v1 doesn't know", "write apiVersion: v2")
	case len(c.Dependencies) > 0 && !c.Requirements:
		lint(p, c.At("dependencies"), "the chart has dependencies in Chart.yaml, where apiVersion v1 doesn't know them", "write apiVersion: v2")
	default:
		fix := "write apiVersion: v2"
		if c.Requirements {
			fix += ", and move the dependencies of requirements.yaml to Chart.yaml and requirements.lock to Chart.lock"
		}
		p.Report(practice.Note{
			At: c.At("apiVersion"), Severity: practice.Info, Message: "the chart is of apiVersion v1, the format of Helm 2",
			Leads: "it can't say its type, and keeps its dependencies where newer tools don't look for them", Fix: fix,
		})
	}
}

func checkTexts(p *practice.Pass, c *practice.Chart) {
	for _, field := range []struct {
		name string
		is   practice.ChartText
	}{{"version", c.Version}, {"appVersion", c.AppVersion}} {
		switch field.is.Tag {
		case "!!float", "!!int":
			message := fmt.Sprintf("the chart's %s %s is a number, not a text", field.name, field.is.Written)
			if f, err := strconv.ParseFloat(field.is.Written, 64); err == nil {
				if read := strconv.FormatFloat(f, 'g', -1, 64); read != field.is.Written {
					message = fmt.Sprintf("the chart's %s %s is a number, and reads as %s", field.name, field.is.Written, read)
				}
			}
			lint(p, c.At(field.name), message, fmt.Sprintf("put it in quotes: %s: %q", field.name, field.is.Written))
		case "!!bool", "!!null":
			lint(p, c.At(field.name), fmt.Sprintf("the chart's %s is no text", field.name), "write the version in quotes, or remove the line")
		}
	}
	if _, err := semver.StrictNewVersion(c.Version.Written); err != nil && c.Version.Tag == "!!str" && !isFilledIn(c.Version.Written) {
		fix := "write MAJOR.MINOR.PATCH, without a v before it"
		if loose, err := semver.NewVersion(c.Version.Written); err == nil {
			fix = "write version: " + loose.String()
		}
		p.Report(practice.Note{
			At: c.At("version"), Message: fmt.Sprintf("the chart's version %q is not MAJOR.MINOR.PATCH", c.Version.Written),
			Leads: "registries and tools that go by semantic versions refuse it, or put it in another order than you do", Fix: fix,
		})
	}
}

func checkDependencies(p *practice.Pass, c *practice.Chart) {
	var ranges []string
	for _, d := range c.Dependencies {
		if d.Repository == "" || strings.HasPrefix(d.Repository, "file:") {
			continue // it lies in git, beside the chart or in it
		}
		locked, isLocked := lockedAt(c, d)
		switch {
		case isFilledIn(d.Version):
		case c.HasLock && !isLocked:
			p.Report(practice.Note{
				At: d.At, Message: staleLock(d, locked),
				Leads: "helm dependency build stops: the lock file is out of sync",
				Fix:   "run helm dependency update, and commit the lock file",
			})
		case isOpen(d.Version):
			note := practice.Note{
				At: d.At, Message: fmt.Sprintf("dependency %q takes any version", d.Name),
				Leads: "the next helm dependency update brings whatever is newest by then, breaking or not",
				Fix:   "write the version, or a range that ends, such as \"~4.11\"",
			}
			if d.Version != "" {
				note.Message = fmt.Sprintf("dependency %q takes any version that is %s", d.Name, d.Version)
			}
			if isLocked {
				note.Severity = practice.Info
				note.Message += fmt.Sprintf(", and %s only until the lock file is written anew", locked)
			}
			p.Report(note)
		case !c.HasLock && !isExact(d.Version):
			ranges = append(ranges, fmt.Sprintf("%q (%s)", d.Name, d.Version))
		}
	}
	if len(ranges) == 0 {
		return
	}
	file := "Chart.lock"
	if c.Requirements {
		file = "requirements.lock"
	}
	p.Report(practice.Note{
		At:      c.DependenciesAt,
		Message: fmt.Sprintf("no %s says which versions of %s are meant", file, strings.Join(ranges, ", ")),
		Leads:   "two people, or two runs of the pipeline, build different charts from the same commit",
		Fix:     "run helm dependency update, and commit " + file,
	})
}

// lockedAt is the version of a dependency in the lock file, and whether that is one which the dependency asks for.
func lockedAt(c *practice.Chart, d practice.Dependency) (version string, fits bool) {
	wanted, err := semver.NewConstraint(d.Version)
	for _, l := range c.Locked {
		if l.Name != d.Name {
			continue
		}
		version = l.Version
		if is, wrong := semver.NewVersion(l.Version); err != nil || wrong != nil || d.Version == "" || wanted.Check(is) {
			return version, true
		}
	}
	return version, false
}

func staleLock(d practice.Dependency, locked string) string {
	if locked == "" {
		return fmt.Sprintf("dependency %q is not in the lock file", d.Name)
	}
	return fmt.Sprintf("dependency %q wants %s, and the lock file has %s", d.Name, d.Version, locked)
}

func isExact(version string) bool {
	_, err := semver.NewVersion(strings.TrimPrefix(version, "="))
	return err == nil && strings.Count(version, ".") >= 2
}

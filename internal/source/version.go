package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// highestVersion returns the one with the highest version in the range. What is no version is passed over; pre-releases
// are in no range that doesn't name one.
func highestVersion[T any](all []T, version func(T) string, within string) (best T, err error) {
	wanted, err := parseRange(within)
	if err != nil {
		return best, err
	}
	var highest *semver.Version
	var versions []*semver.Version
	for _, candidate := range all {
		v, err := semver.NewVersion(version(candidate))
		if err != nil {
			continue // not every tag is a version
		}
		versions = append(versions, v)
		if wanted.Check(v) && (highest == nil || v.Compare(highest) > 0) {
			best, highest = candidate, v
		}
	}
	if highest == nil {
		err := fmt.Errorf("%w: none of its %d versions is in the range", ErrRefNotFound, len(versions))
		return best, hint.With(err, newest(versions))
	}
	return best, nil
}

// newest is what can be said of versions of which none is in a range.
func newest(versions []*semver.Version) string {
	if len(versions) == 0 {
		return "push a first one; a version is such as 1.2.0"
	}
	const enough = 3
	slices.SortFunc(versions, func(a, b *semver.Version) int { return b.Compare(a) })
	var names []string
	for _, v := range versions[:min(enough, len(versions))] {
		names = append(names, v.Original())
	}
	return "the newest are " + strings.Join(names, ", ") + "; a range leaves out pre-releases unless it names one, such as >=1.0.0-0"
}

func parseRange(text string) (*semver.Constraints, error) {
	wanted, err := semver.NewConstraint(text)
	if err != nil {
		return nil, hint.With(fmt.Errorf("%w: version range %q: %w", errRef, text, err), `write it like ">=1.2 <2" or "~1.4"`)
	}
	return wanted, nil
}

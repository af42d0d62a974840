package helm

import (
	"context"
	"fmt"
	"strings"
	"text/template"
)

// What one call of a template function may make.
const (
	maxItems = 1 << 20
	maxBytes = 64 << 20
)

// bounded replaces the template functions that make much of little, so that a slip (`until .Values.port`) ends in
// an error and not in the machine's memory. They also notice the end of ctx.
func bounded(ctx context.Context) template.FuncMap {
	check := func(function string, count int) error {
		if count > maxItems {
			return fmt.Errorf("%s makes %d items: more than %d", function, count, maxItems)
		}
		return ctx.Err()
	}
	return template.FuncMap{
		"until": func(count int) ([]int, error) {
			step := 1
			if count < 0 {
				step = -1
			}
			return numbers(0, count, step, check)
		},
		"untilStep": func(start, stop, step int) ([]int, error) { return numbers(start, stop, step, check) },
		"repeat": func(count int, text string) (string, error) {
			if count > maxBytes/max(1, len(text)) {
				return "", fmt.Errorf("repeat makes more than %d MiB", maxBytes>>20)
			}
			return strings.Repeat(text, max(0, count)), ctx.Err()
		},
	}
}

// numbers counts as sprig's untilStep does: stop is left out, and a step away from it gives none.
func numbers(start, stop, step int, check func(string, int) error) ([]int, error) {
	if step == 0 || (stop > start) != (step > 0) {
		return []int{}, nil
	}
	if err := check("until", (stop-start)/step); err != nil {
		return nil, err
	}
	list := []int{}
	for i := start; (step > 0 && i < stop) || (step < 0 && i > stop); i += step {
		list = append(list, i)
	}
	return list, nil
}

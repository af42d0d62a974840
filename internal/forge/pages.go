package forge

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"strconv"
	"strings"
)

// linked is a list whose header Link tells of a next page: GitHub, GitLab, Gitea.
func linked[T any](ctx context.Context, c *caller, at string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page := 1; page <= mostPages; page++ {
			query.Set("page", strconv.Itoa(page))
			var some []T
			header, err := c.ask(ctx, "GET", at+"?"+query.Encode(), nil, &some)
			if !each(some, err, yield) || !strings.Contains(header.Get("Link"), `rel="next"`) {
				return
			}
		}
	}
}

// named is a list that names the address of its next page: Bitbucket. The token doesn't follow it to somewhere else.
func named[T any](ctx context.Context, c *caller, at string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		next := at + "?" + query.Encode()
		for page := 1; page <= mostPages && next != ""; page++ {
			var some struct {
				Values []T    `json:"values"`
				Next   string `json:"next"`
			}
			err := c.call(ctx, "GET", next, nil, &some)
			if err == nil && some.Next != "" && !isSameHost(at, some.Next) {
				err = errors.New("the forge's next page is at another address")
			}
			if !each(some.Values, err, yield) {
				return
			}
			next = some.Next
		}
	}
}

func isSameHost(a, b string) bool {
	x, err := url.Parse(a)
	y, err2 := url.Parse(b)
	return err == nil && err2 == nil && x.Scheme == y.Scheme && x.Host == y.Host
}

// counted is a list that says where its next page begins: Bitbucket Data Center.
func counted[T any](ctx context.Context, c *caller, at string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for start, page := 0, 1; page <= mostPages; page++ {
			query.Set("start", strconv.Itoa(start))
			var some struct {
				Values []T  `json:"values"`
				IsLast bool `json:"isLastPage"`
				Next   int  `json:"nextPageStart"`
			}
			err := c.call(ctx, "GET", at+"?"+query.Encode(), nil, &some)
			if !each(some.Values, err, yield) || some.IsLast || some.Next <= start {
				return
			}
			start = some.Next
		}
	}
}

// each hands out a page, or why there is none, and says whether more is wanted.
func each[T any](page []T, err error, yield func(T, error) bool) bool {
	if err != nil {
		yield(*new(T), err)
		return false
	}
	for _, one := range page {
		if !yield(one, nil) {
			return false
		}
	}
	return true
}

// pulls are those of a list that are wanted.
func pulls[T interface{ pull() pull }](all iter.Seq2[T, error], wanted func(T) bool) iter.Seq2[pull, error] {
	return func(yield func(pull, error) bool) {
		for one, err := range all {
			if err != nil {
				yield(pull{}, err)
				return
			}
			if wanted(one) && !yield(one.pull(), nil) {
				return
			}
		}
	}
}

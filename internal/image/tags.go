package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Bounds of a list of tags. A page has up to 16 MiB, which source sees to.
const (
	mostTags  = 200_000
	mostPages = 1000

	pageSize  = 1000 // the most that Amazon's registries take
	largePage = 100_000
)

var errList = errors.New("the registry's list of tags cannot be used")

// page is one of a list of tags.
type page struct {
	etag string // "" if the registry gives none
	tags []string
	next string // its address; "" for the last one
}

// paging is how many tags a page is asked to have. A list of many pages is asked for in one from the second time on; where
// that is refused, or no help, it isn't tried again.
type paging struct {
	size     int
	settled  bool
	ordinary int // how many pages of the ordinary size there were
}

// Tags lists all tags in order. Names that no tag can have are left out.
func (r *Repository) Tags(ctx context.Context) ([]string, error) {
	ctx, cancel := r.within(ctx)
	defer cancel()
	r.mu.Lock()
	size := r.paging.size
	r.mu.Unlock()
	tags, err := r.list(ctx, size)
	if _, isPause := errors.AsType[*PauseError](err); err != nil && !isPause && ctx.Err() == nil && size == largePage {
		r.settle()
		tags, err = r.list(ctx, pageSize)
	}
	if err != nil {
		return nil, r.explain(ctx, "tags", err)
	}
	return tags, nil
}

// list reads one page after the other.
func (r *Repository) list(ctx context.Context, size int) ([]string, error) {
	r.mu.Lock()
	before := r.pages
	r.mu.Unlock()
	var tags []string
	pages := map[string]page{}
	for at := r.address("tags/list", "n="+strconv.Itoa(size)); at != ""; at = pages[at].next {
		if _, again := pages[at]; again {
			return nil, hint.With(fmt.Errorf("%w: after its last page comes one that was there before", errList), listHint)
		}
		one, err := r.page(ctx, at, before[at])
		if err != nil {
			return nil, err
		}
		pages[at] = one
		if tags = append(tags, one.tags...); len(tags) > mostTags || len(pages) > mostPages {
			return nil, hint.With(fmt.Errorf("%w: it has more than %d tags or %d pages", errList, mostTags, mostPages), "delete old tags there, or follow one tag by its digest, which needs no list")
		}
	}
	r.keepPages(pages, size)
	slices.Sort(tags)
	return slices.Compact(tags), nil
}

const listHint = "tell those who run the registry; following one tag by its digest needs no list"

// settle asks for ordinary pages from now on.
func (r *Repository) settle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paging = paging{size: pageSize, settled: true}
}

func (r *Repository) keepPages(pages map[string]page, size int) {
	n := len(pages)
	maps.DeleteFunc(pages, func(_ string, p page) bool { return p.etag == "" })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages = pages
	switch {
	case size == pageSize && n > 1 && !r.paging.settled:
		r.paging.size, r.paging.ordinary = largePage, n
	case size == largePage && n >= r.paging.ordinary:
		r.paging = paging{size: pageSize, settled: true}
	}
}

// page reads a page of the list, unless it is as it was before.
func (r *Repository) page(ctx context.Context, at string, before page) (page, error) {
	header := http.Header{}
	if before.etag != "" {
		header.Set("If-None-Match", before.etag)
	}
	response, err := r.ask(ctx, http.MethodGet, at, header)
	if err != nil {
		return page{}, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotModified && before.etag != "" {
		return before, nil
	}
	if err := transport.CheckError(response, http.StatusOK); err != nil {
		return page{}, err
	}
	text, err := io.ReadAll(response.Body)
	if errors.Is(err, source.ErrTooLarge) {
		return page{}, hint.With(fmt.Errorf("%w: a page of it is %w", errList, err), listHint)
	}
	if err != nil {
		return page{}, err
	}
	var said struct {
		Tags []string `json:"tags"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return page{}, err
	}
	const longestETag = 256
	now := page{tags: slices.DeleteFunc(said.Tags, func(tag string) bool { return !source.IsTag(tag) })}
	if etag := response.Header.Get("ETag"); len(etag) <= longestETag {
		now.etag = etag
	}
	if link := nextLink(response.Header.Values("Link")); link != "" {
		var ok bool
		if now.next, ok = resolve(link, response.Request.URL, r.repo.RegistryStr()); !ok {
			return page{}, hint.With(fmt.Errorf("%w: it goes on at another server, which is not followed", errList), listHint)
		}
	}
	return now, nil
}

package expression

import (
	"math"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// limits say of functions whether what they are given is little enough.
var limits = map[string]func(args []ref.Val) bool{
	"replace":         replaced,
	"join":            joined,
	"format":          func(args []ref.Val) bool { return texts(args...) <= longestText },
	"flatten":         func(args []ref.Val) bool { left := mostValues; return count(args[0], &left) },
	"lists.range":     func(args []ref.Val) bool { n, ok := args[0].(types.Int); return ok && n <= mostValues },
	"distinct":        func(args []ref.Val) bool { return pairs(args[0], args[0]) },
	"sets.contains":   func(args []ref.Val) bool { return pairs(args[0], args[1]) },
	"sets.equivalent": func(args []ref.Val) bool { return pairs(args[0], args[1]) },
	"sets.intersects": func(args []ref.Val) bool { return pairs(args[0], args[1]) },
}

func replaced(args []ref.Val) bool {
	text, old, by := textOf(args[0]), textOf(args[1]), textOf(args[2])
	times := strings.Count(text, old)
	if len(args) == 4 {
		if n, ok := args[3].(types.Int); ok && n >= 0 {
			times = int(min(int64(times), int64(n)))
		}
	}
	return len(text)+times*len(by) <= longestText
}

func joined(args []ref.Val) bool {
	size := texts(args[0])
	if len(args) == 2 {
		size += sizeOf(args[0]) * len(textOf(args[1]))
	}
	return size <= longestText
}

// mostPairs are compared in less than a tenth of a second.
const mostPairs = 1_000_000

// pairs says whether each of the one list can be compared with each of the other.
func pairs(a, b ref.Val) bool { return sizeOf(a)*sizeOf(b) <= mostPairs }

// texts is how many bytes of text values hold, at all depths; of what is too much to count, more than are allowed.
func texts(values ...ref.Val) int {
	sum := 0
	for _, value := range values {
		sum += len(textOf(value))
		list, ok := value.(traits.Lister)
		if !ok {
			continue
		}
		if left := mostValues; !count(value, &left) {
			return math.MaxInt32
		}
		for it := list.Iterator(); it.HasNext() == types.True; {
			sum += texts(it.Next())
		}
	}
	return sum
}

func textOf(value ref.Val) string {
	text, _ := value.(types.String)
	return string(text)
}

// sizeOf is that of a list; 0 of all else.
func sizeOf(value ref.Val) int {
	list, ok := value.(traits.Lister)
	if !ok {
		return 0
	}
	size, _ := list.Size().(types.Int)
	return int(size)
}

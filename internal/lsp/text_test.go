package lsp

import (
	"testing"
)

func TestPositionsCountUnitsOfUTF16(t *testing.T) {
	t.Parallel()
	const text = "a: é\r\n😀: 漢\n\nend"
	for _, c := range []struct {
		at   position
		want string // what follows
	}{
		{position{0, 3}, "é\r\n😀: 漢\n\nend"},
		{position{0, 4}, "\r\n😀: 漢\n\nend"},
		{position{0, 40}, "\r\n😀: 漢\n\nend"},
		{position{1, 0}, "😀: 漢\n\nend"},
		{position{1, 2}, ": 漢\n\nend"},
		{position{1, 4}, "漢\n\nend"},
		{position{2, 0}, "\nend"},
		{position{2, 7}, "\nend"},
		{position{3, 2}, "d"},
		{position{3, 9}, ""},
		{position{4, 0}, ""},
		{position{-1, -1}, text},
	} {
		if got := text[offset([]byte(text), c.at):]; got != c.want {
			t.Errorf("after %v is %q, want %q", c.at, got, c.want)
		}
	}
	for i := range []byte(text) {
		if at := positionOf([]byte(text), i); text[i] != '\n' && offset([]byte(text), at) != i && text[i]&0xC0 != 0x80 {
			t.Errorf("%d is at %v, which is %d", i, at, offset([]byte(text), at))
		}
	}
}

func TestDifferenceIsOfWholeLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, after, want string }{
		{"a\nb\nc\n", "a\nx\nc\n", "1-2 x\n"},
		{"a\nb\n", "a\nx\nb\n", "1-1 x\n"},
		{"a\na\n", "a\na\na\n", "2-2 a\n"},
		{"a\nb\n", "a\n", "1-2 "},
		{"a", "b", "0-0 b"},
		{"", "a\n", "0-0 a\n"},
	} {
		edit := difference([]byte(c.before), []byte(c.after))
		if got := changed([]byte(c.before), change{&edit.Range, edit.NewText}); string(got) != c.after {
			t.Errorf("%q becomes %q by %v, want %q", c.before, got, edit, c.after)
		}
		if edit.NewText != c.want[4:] || edit.Range.Start.Line != int(c.want[0]-'0') || edit.Range.End.Line != int(c.want[2]-'0') {
			t.Errorf("%q becomes %q by %v, want %q", c.before, c.after, edit, c.want)
		}
	}
}

func FuzzChangesOfAnyText(f *testing.F) {
	f.Add("a: 😀\r\nb", "c", 0, 4, 1, 0)
	f.Fuzz(func(t *testing.T, text, by string, line, character, toLine, toCharacter int) {
		got := changed([]byte(text), change{&textRange{position{line, character}, position{toLine, toCharacter}}, by})
		if edit := difference([]byte(text), got); string(changed([]byte(text), change{&edit.Range, edit.NewText})) != string(got) {
			t.Errorf("%q doesn't become %q by %v", text, got, edit)
		}
	})
}

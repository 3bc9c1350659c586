package sx_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// TestFromGoSeesWhatJSONSees makes random Go types and values and compares what json-encode gives for them with
// encoding/json: two ways to look at the same data that share no code.
func TestFromGoSeesWhatJSONSees(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	encode := primitive(t, "json-encode")
	for range 1500 {
		rt := randomType(rnd, 4)
		x := reflect.New(rt).Elem()
		fill(rnd, x, 5)
		v, err := sx.FromGo(x.Interface())
		if err != nil {
			t.Fatalf("%s: %v %v", rt, err, errors.Unwrap(err))
		}
		text, err := sx.CallPrimitive(t.Context(), encode, v)
		if err != nil {
			t.Fatalf("%s: %v %v", rt, err, errors.Unwrap(err))
		}
		want, err := json.Marshal(x.Interface())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := normal(t, text.Text()), normal(t, string(want)); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\n got %s\nwant %s", rt, text.Text(), want)
		}
	}
}

// normal makes nil slices and maps, which are () and {} here and null in JSON, alike.
func normal(t *testing.T, text string) any {
	t.Helper()
	var x any
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var walk func(x any) any
	walk = func(x any) any {
		switch x := x.(type) {
		case []any:
			if len(x) == 0 {
				return nil
			}
			for i := range x {
				x[i] = walk(x[i])
			}
		case map[string]any:
			if len(x) == 0 {
				return nil
			}
			for k := range x {
				x[k] = walk(x[k])
			}
		}
		return x
	}
	return walk(x)
}

func randomType(rnd *rand.Rand, depth int) reflect.Type {
	leaves := []reflect.Type{reflect.TypeFor[int](), reflect.TypeFor[string](), reflect.TypeFor[bool](), reflect.TypeFor[float64](), reflect.TypeFor[int8](),
		reflect.TypeFor[uint16](), reflect.TypeFor[float32](), reflect.TypeFor[int64](), reflect.TypeFor[any](), reflect.TypeFor[*int](), reflect.TypeFor[color2]()}
	if depth == 0 {
		return leaves[rnd.IntN(len(leaves))]
	}
	switch rnd.IntN(8) {
	case 0:
		return reflect.SliceOf(randomType(rnd, depth-1))
	case 1:
		return reflect.ArrayOf(rnd.IntN(3), randomType(rnd, depth-1))
	case 2:
		return reflect.PointerTo(randomType(rnd, depth-1))
	case 3:
		return reflect.MapOf(reflect.TypeFor[string](), randomType(rnd, depth-1))
	case 4:
		return leaves[rnd.IntN(len(leaves))]
	}
	var fields []reflect.StructField
	for i := range rnd.IntN(5) {
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: randomType(rnd, depth-1),
			Tag: reflect.StructTag(fmt.Sprintf(`sx:"f-%d" json:"f-%d"`, i, i))})
	}
	return reflect.StructOf(fields)
}

func fill(rnd *rand.Rand, x reflect.Value, depth int) {
	switch x.Kind() {
	case reflect.Bool:
		x.SetBool(rnd.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int64:
		x.SetInt(int64(rnd.IntN(256) - 128))
	case reflect.Uint16:
		x.SetUint(uint64(rnd.IntN(1 << 16)))
	case reflect.Float32, reflect.Float64:
		x.SetFloat(float64(rnd.IntN(1000)) / 8)
	case reflect.String:
		x.SetString([]string{"", "a", "é\"\\", "日本", "</b>\u2028"}[rnd.IntN(5)])
	case reflect.Slice:
		if n := rnd.IntN(4); n > 0 {
			x.Set(reflect.MakeSlice(x.Type(), n, n))
			for i := range n {
				fill(rnd, x.Index(i), depth-1)
			}
		}
	case reflect.Array:
		for i := range x.Len() {
			fill(rnd, x.Index(i), depth-1)
		}
	case reflect.Map:
		x.Set(reflect.MakeMap(x.Type()))
		for i := range rnd.IntN(3) {
			e := reflect.New(x.Type().Elem()).Elem()
			fill(rnd, e, depth-1)
			x.SetMapIndex(reflect.ValueOf(fmt.Sprint("k", i)), e)
		}
	case reflect.Pointer:
		if rnd.IntN(3) > 0 {
			x.Set(reflect.New(x.Type().Elem()))
			fill(rnd, x.Elem(), depth-1)
		}
	case reflect.Struct:
		for i := range x.NumField() {
			fill(rnd, x.Field(i), depth-1)
		}
	case reflect.Interface:
		if depth > 0 && rnd.IntN(4) > 0 {
			e := reflect.New(randomType(rnd, 2)).Elem()
			fill(rnd, e, depth-2)
			x.Set(e)
		}
	}
}

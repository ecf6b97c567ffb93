package rpmdb

// column returns column i of an SQLite record: a header of varints (its own
// length, then one serial type for each column) and the values behind it.
func column(record []byte, i int) ([]byte, bool) {
	headerLen, n := varint(record)
	if n == 0 || headerLen < int64(n) || headerLen > int64(len(record)) {
		return nil, false
	}
	types, values := record[n:headerLen], record[headerLen:]
	for {
		serial, n := varint(types)
		if n == 0 {
			return nil, false
		}
		types = types[n:]
		size := serialSize(serial)
		if size < 0 || size > int64(len(values)) {
			return nil, false
		}
		if i == 0 {
			return values[:size], true
		}
		i, values = i-1, values[size:]
	}
}

// serialSize is the number of bytes of a value of the serial type; -1 for a
// type that the format reserves.
func serialSize(serial int64) int64 {
	switch {
	case serial < 0:
		return -1
	case serial <= 4:
		return serial // NULL, and integers of 1 to 4 bytes
	case serial == 5:
		return 6
	case serial <= 7:
		return 8
	case serial <= 9:
		return 0 // the constants 0 and 1
	case serial < 12:
		return -1
	}
	return (serial - 12) / 2
}

// varint reads SQLite's big-endian variable-length integer of up to nine bytes;
// n is 0 when b ends within it.
func varint(b []byte) (v int64, n int) {
	for n < len(b) && n < 8 {
		v = v<<7 | int64(b[n]&0x7f)
		n++
		if b[n-1]&0x80 == 0 {
			return v, n
		}
	}
	if n == 8 && len(b) > 8 {
		return v<<8 | int64(b[8]), 9
	}
	return 0, 0
}

// bigEndian reads an integer of up to eight bytes.
func bigEndian(b []byte) int64 {
	var v int64
	for _, c := range b[:min(len(b), 8)] {
		v = v<<8 | int64(c)
	}
	return v
}

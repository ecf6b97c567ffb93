"use strict";

// node --require ./shift-clock.js: a clock that is CLOCK_SHIFT seconds ahead.

const shift = Number(process.env.CLOCK_SHIFT) * 1000;
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [RealDate.now() + shift] : args));
  }
  static now() {
    return RealDate.now() + shift;
  }
};

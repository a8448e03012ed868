import { matrixOf } from './run-cells.ts';

matrixOf('vipps');

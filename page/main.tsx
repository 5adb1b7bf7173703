import { render } from 'preact';
import { App } from './app.tsx';
import { startLive } from './live/store.ts';
import { startTheme } from './theme.ts';

startTheme();
startLive();
render(<App />, document.getElementById('page')!);

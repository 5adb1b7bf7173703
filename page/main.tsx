import { render } from 'preact';
import { App } from './app.tsx';
import { startLive } from './live/store.ts';
import { startRoute } from './route.ts';
import { startTheme } from './theme.ts';

startTheme();
startRoute();
startLive();
render(<App />, document.getElementById('page')!);

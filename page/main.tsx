import { render } from 'preact';
import { App } from './app.tsx';
import { startSettings } from './live/settings.ts';
import { startLive } from './live/store.ts';
import { startRoute } from './route.ts';
import { startTheme } from './theme.ts';

startTheme();
startSettings();
startRoute();
startLive();
render(<App />, document.getElementById('page')!);

import { Editor } from './editor.tsx';
import { JsonEditor } from './json-editor.tsx';
import { RecipeForm } from './recipe-form.tsx';
import { ZooList } from './zoo-list.tsx';
import './network.css';

/** The network that is trained, layer by layer, and how it is trained. */
export function NetworkRoom() {
  return (
    <div class="room">
      <section class="panel wide" aria-labelledby="layers">
        <h2 id="layers">Layers</h2>
        <Editor />
        <JsonEditor />
      </section>
      <div class="stack">
        <section class="panel" aria-labelledby="recipe">
          <h2 id="recipe">Recipe</h2>
          <RecipeForm />
        </section>
        <section class="panel" aria-labelledby="zoo">
          <h2 id="zoo">Published networks</h2>
          <ZooList />
        </section>
      </div>
    </div>
  );
}

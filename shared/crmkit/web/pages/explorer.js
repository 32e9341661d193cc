// Sends a GraphQL document to a subgraph and shows the answer and the schema; asks no other host.
const at = (id) => document.getElementById(id);
const paths = () => `/graphql/${at("service").value}`;

async function showSchema() {
  const answer = await fetch(`/docs/graphql/${at("service").value}.graphql`);
  at("schema").textContent = await answer.text();
}

async function send(event) {
  event.preventDefault();
  at("answer").textContent = "…";
  sessionStorage.token = at("token").value;
  try {
    const variables = JSON.parse(at("variables").value || "{}");
    const answer = await fetch(paths(), {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${at("token").value}` },
      body: JSON.stringify({ query: at("query").value, variables }),
    });
    at("answer").textContent = JSON.stringify(await answer.json(), null, 2);
  } catch (error) {
    at("answer").textContent = String(error);
  }
}

at("token").value = sessionStorage.token ?? "";
at("service").addEventListener("change", showSchema);
at("explorer").addEventListener("submit", send);
at("explorer").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("explorer").requestSubmit();
});
showSchema();

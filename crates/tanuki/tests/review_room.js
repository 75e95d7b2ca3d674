// Makes a page a window of a review room, which shows what the event stream
// sends. As much of Socket.IO as that needs.
"use strict";

let socket;

document.body.replaceChildren(
  ...["connected", "people", "frame", "playing", "drawing"].map((id) => {
    const output = document.createElement("output");
    output.id = id;
    return output;
  }),
);

function show(id, value) {
  document.getElementById(id).textContent = value;
}

function receive(name, data) {
  if (name === "preview-room:room-people-updated") {
    show("people", data.people.length);
  } else if (name === "preview-room:room-updated") {
    show("frame", data.current_frame);
    show("playing", data.is_playing);
  } else if (name === "preview-room:add-annotation") {
    show("drawing", data.drawing.objects.map((object) => object.id).join());
  }
}

// Listens to events, with the cookies of the browser.
window.listen = () => {
  socket = new WebSocket(`ws://${location.host}/socket.io/?EIO=4&transport=websocket`);
  socket.onmessage = ({ data }) => {
    if (data.startsWith("0")) {
      socket.send("40/events,");
    } else if (data === "2") {
      socket.send("3");
    } else if (data.startsWith("40/events")) {
      show("connected", "yes");
    } else if (data.startsWith("44/events")) {
      show("connected", data);
    } else if (data.startsWith("42/events,")) {
      receive(...JSON.parse(data.slice("42/events,".length)));
    }
  };
};

window.emit = (name, data) => socket.send(`42/events,${JSON.stringify([name, data])}`);

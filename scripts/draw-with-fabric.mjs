#!/usr/bin/env node
// Draws the annotations of crates/tanuki-media/tests/drawings/NAME.json with fabric.js in Chromium, as the web
// client does, and writes NAME.png beside them: what tests/drawings.rs compares with.
//
//   scripts/draw-with-fabric.mjs [NAME…]
//
// Needs node, npm and chromium. fabric.js and the pen (@arch-inc/fabricjs-psbrush, for fabric 4) are fetched into a
// temporary folder.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const media = join(dirname(fileURLToPath(import.meta.url)), '../crates/tanuki-media')
const drawings = join(media, 'tests/drawings')
const folder = process.env.FABRIC_FOLDER ?? join(tmpdir(), 'tanuki-fabric')
const font = readFileSync(join(media, 'fonts/LiberationSans-Regular.ttf')).toString('base64')
const libraries = {
  current: ['fabric@7.4.0'],
  pen: ['fabric@4.6.0', '@arch-inc/fabricjs-psbrush@0.0.20'],
}

mkdirSync(folder, { recursive: true })
for (const [name, packages] of Object.entries(libraries)) {
  const args = ['install', '--prefix', join(folder, name), '--no-save', '--ignore-scripts', '--no-audit', '--omit=optional']
  execFileSync('npm', [...args, ...packages], { stdio: ['ignore', 'ignore', 'inherit'] })
}

const wanted = process.argv.slice(2)
for (const file of readdirSync(drawings).filter(file => file.endsWith('.json'))) {
  const name = file.replace(/\.json$/, '')
  if (wanted.length === 0 || wanted.includes(name)) draw(name)
}

function draw(name) {
  const fixture = readFileSync(join(drawings, `${name}.json`), 'utf8')
  const isPen = JSON.parse(fixture).drawing.objects.some(object => object.type === 'PSStroke')
  const modules = join(folder, isPen ? 'pen' : 'current', 'node_modules')
  const scripts = isPen
    ? [join(modules, 'fabric/dist/fabric.min.js'), join(modules, '@arch-inc/fabricjs-psbrush/dist/index.js')]
    : [join(modules, 'fabric/dist/index.min.js')]
  const page = join(folder, `${name}.html`)
  writeFileSync(page, `<!doctype html><meta charset="utf-8"><body>
${scripts.map(path => `<script src="file://${path}"></script>`).join('\n')}
<script>(${inPage})(${fixture}, '${font}').catch(error => { document.body.textContent = 'failed: ' + error.stack })</script>`)
  const arguments_ = [
    '--headless', '--no-sandbox', '--disable-gpu', '--allow-file-access-from-files', '--force-device-scale-factor=1',
    `--user-data-dir=${join(folder, 'profile')}`, '--virtual-time-budget=10000', '--dump-dom', `file://${page}`,
  ]
  const dom = execFileSync('chromium', arguments_, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1e8 })
  const picture = /data:image\/png;base64,([^<]*)/.exec(dom.split('<body>').pop())
  if (!picture) throw new Error(`${name}: ${dom.slice(-2000)}`)
  writeFileSync(join(drawings, `${name}.png`), Buffer.from(picture[1], 'base64'))
  console.log(name)
}

// Runs in Chromium.
async function inPage(annotation, font) {
  const { fabric } = window
  const bytes = Uint8Array.from(atob(font), letter => letter.charCodeAt(0))
  const face = await new FontFace('Drawings', bytes).load()
  document.fonts.add(face)

  // The web client places objects by their corner, as fabric did before its version 7.
  Object.assign(fabric.Object?.ownDefaults ?? fabric.FabricObject?.ownDefaults ?? {}, { originX: 'left', originY: 'top' })

  const { pictureWidth, pictureHeight } = annotation
  const canvas = new fabric.StaticCanvas(document.createElement('canvas'), {
    width: pictureWidth, height: pictureHeight, enableRetinaScaling: false, backgroundColor: '#808080', renderOnAddRemove: false,
  })

  // The canvas that was drawn on, fitted into the picture.
  const fitted = object => {
    const width = object.canvasWidth || annotation.width
    const height = object.canvasHeight || annotation.height
    if (!width) return { scale: 1, x: 0, y: 0 }
    if (!height) return { scale: pictureWidth / width, x: 0, y: 0 }
    const scale = Math.min(pictureWidth / width, pictureHeight / height)
    return { scale, x: (pictureWidth - width * scale) / 2, y: (pictureHeight - height * scale) / 2 }
  }

  const options = object => {
    const { scale, x, y } = fitted(object)
    return {
      left: (object.left || 0) * scale + x, top: (object.top || 0) * scale + y,
      scaleX: (object.scaleX || 1) * scale, scaleY: (object.scaleY || 1) * scale,
      angle: object.angle || 0, skewX: object.skewX || 0, skewY: object.skewY || 0,
      flipX: !!object.flipX, flipY: !!object.flipY, opacity: object.opacity ?? 1,
      originX: object.originX || 'left', originY: object.originY || 'top',
      fill: object.fill || 'transparent', stroke: object.stroke, strokeWidth: object.strokeWidth || 1,
      strokeLineCap: 'round', strokeLineJoin: 'round',
    }
  }

  // A line whose end has the outline of a triangle, with sides 30 degrees off.
  const arrow = (object, line) => {
    const renderLine = line._render
    line.objectCaching = false
    line._render = function (context) {
      renderLine.call(this, context)
      const ends = this.calcLinePoints()
      const direction = Math.atan2(this.y2 - this.y1, this.x2 - this.x1)
      const length = object.arrowHeadSize || 15
      const side = turn => [ends.x2 - length * Math.cos(direction + turn), ends.y2 - length * Math.sin(direction + turn)]
      context.beginPath()
      context.moveTo(...side(-Math.PI / 6))
      context.lineTo(ends.x2, ends.y2)
      context.lineTo(...side(Math.PI / 6))
      context.closePath()
      this._setStrokeStyles(context, this)
      context.stroke()
    }
    return line
  }

  // What was erased is a mask: the box of the object without the strokes of the eraser.
  const masked = (shape, eraser) => {
    if (!eraser) return shape
    const size = shape._getNonTransformedDimensions()
    const box = new fabric.Rect({
      left: 0, top: 0, originX: 'center', originY: 'center', width: size.x, height: size.y, strokeWidth: 0, fill: 'black',
    })
    const strokes = eraser.objects.map(path => new fabric.Path(path.path, {
      ...path, type: undefined, path: undefined, fill: null, globalCompositeOperation: 'destination-out',
      originX: path.originX || 'left', originY: path.originY || 'top',
    }))
    shape.clipPath = new fabric.Group([box, ...strokes])
    return shape
  }

  const text = object => {
    const padding = 10
    const shape = new fabric.IText(object.text, {
      ...options(object), fontFamily: 'Drawings', fontSize: object.fontSize, textAlign: object.textAlign || 'left',
      backgroundColor: object.backgroundColor || 'rgba(255, 255, 255, 0.8)', padding,
    })
    shape._getNonTransformedDimensions = () => new fabric.Point(shape.width + padding, shape.height + padding)
    return shape
  }

  const build = async object => {
    const all = options(object)
    switch (object.type) {
      case 'path': return new fabric.Path(object.path, all)
      case 'rect': return new fabric.Rect({ ...all, width: object.width, height: object.height, rx: object.rx || 0, ry: object.ry || 0 })
      case 'circle': return new fabric.Circle({ ...all, radius: object.radius })
      case 'ellipse': return new fabric.Ellipse({ ...all, rx: object.rx, ry: object.ry })
      case 'line': return new fabric.Line([object.x1, object.y1, object.x2, object.y2], all)
      case 'arrow': return arrow(object, new fabric.Line([object.x1, object.y1, object.x2, object.y2], all))
      case 'polyline': return new fabric.Polyline(object.points, all)
      case 'polygon': return new fabric.Polygon(object.points, all)
      case 'i-text': case 'text': case 'textbox': return text(object)
      case 'group': {
        const { left, top, scaleX, scaleY, ...others } = object
        const group = await fabric.Group.fromObject({ ...others, left, top, scaleX, scaleY })
        group.set({ left: all.left, top: all.top, scaleX: all.scaleX, scaleY: all.scaleY })
        return group
      }
      case 'PSStroke': {
        const stroke = await new Promise(done => fabric.PSStroke.fromObject(object, done))
        stroke.set(all)
        return stroke
      }
      default: throw new Error(object.type)
    }
  }

  for (const object of annotation.drawing.objects) {
    canvas.add(masked(await build(object), object.eraser))
  }
  canvas.renderAll()
  document.body.textContent = canvas.lowerCanvasEl?.toDataURL() ?? canvas.toDataURL({ format: 'png' })
}

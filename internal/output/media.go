package output

// ffmpeg reads ffmpeg and ffprobe: how they were built is in every output.
var ffmpeg = &reader{
	kind:  "ffmpeg",
	tools: []string{"ffmpeg", "ffprobe", "ffplay"},
	signs: []string{"ffmpeg version * Copyright (c) *", "ffprobe version * Copyright (c) *"},
	rules: parseRules(`
		noise                 ffmpeg version *
		noise                 ffprobe version *
		noise                 ~built with *
		noise                 ~configuration: --*
		noise                 ~lib* #. ~# / #. ~#
		noise                 Press [q] to stop, *
		noise                 ~handler_name ~: *
		noise                 ~vendor_id ~: *
		vital                 frame=*
		vital                 size=*
		vital                 video:* audio:*
		error:media           Unknown encoder *
		error:media           Unknown decoder *
		error:media           Unrecognized option *
		error:media           Conversion failed!
		error:media           *: Invalid data found when processing input
		error:media           Error *
		warn:media            [*] Error *
		warn:media            [*] error *
		aside:encoder_statistics  [libx26# @ *] *: *
		aside:encoder_statistics  [libx26# @ *] * QP:*
		aside:encoder_statistics  [libx26# @ *] mb *
		aside:encoder_statistics  [libx26# @ *] ref *
		aside:encoder_statistics  [libx26# @ *] i* v,h,*
		aside:encoder_statistics  [libx26# @ *] coded y,*
		aside:encoder_statistics  [libx26# @ *] 8x8 *
		aside:encoder_statistics  [libx26# @ *] using *
		aside:encoder_statistics  [libx26# @ *] # - core # *
		aside:encoder_statistics  [libx26# @ *] profile *
		aside:encoder_statistics  [aac @ *] Qavg: #
	`),
}

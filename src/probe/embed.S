/* The probes, as bytes of the payload. */
	.section .rodata
	.globl probe64, probe64_end, probe32, probe32_end
	.balign 8
probe64:
	.incbin "build/probe/probe64"
probe64_end:
	.balign 8
probe32:
	.incbin "build/probe/probe32"
probe32_end:
	.section .note.GNU-stack, "", %progbits

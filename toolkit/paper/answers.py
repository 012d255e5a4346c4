"""The prose of docs/paper.md: judgements on what the figures beside it show, and nothing that a figure would say."""

TOOLKIT = """\
**The paper's claim, that TensorFlow's own pruning and quantisation made the small network larger and much less
accurate, is what one sees on following the toolkit's guides, and it does not hold for pruning and quantisation as
such.** Larger: the pruning wrapper keeps a mask, a threshold and a step counter beside each kernel, and a model
that is converted without `strip_pruning` carries the masks into the `.tflite`; stripped, it has the bytes that it
had before, as the format stores zeros like any other number. Dynamic-range quantisation leaves tensors of fewer
than 1,024 elements as they are, which is every tensor of a network this small. Less accurate: the guide's settings,
80 % of the weights removed within two epochs, and quantisation-aware training in one epoch on 1,000 images, are
made for networks with weights to spare. Trained longer, the quantisation-aware network comes back; the pruned one
does not: a fifth of 707 weights is too little, whoever removes the rest. The paper does not say how its authors
used the toolkit; that these were the steps is an inference from how well they explain what it reports."""

WHEN = """\
**Full-integer quantisation after training pays on every network tried; pruning only where there are weights to
spare, and not yet on a board.** Int8 costs about as much accuracy as changing the seed does, or less, and takes less
flash, less RAM and fewer instructions on the boards above; a larger network shrinks to little more than a quarter.
Pruning saves not one byte in the `.tflite`, which stores zeros at full length, as a C array does; the zipped column
shows what they could save at best, in a file that no device can run from. How many weights can go depends on what
the network is made of, not on its size alone: the dense one loses half of them for nothing and three quarters for
little; `cnn-8-8`, which has many weights but squeezes everything through eight units, pays for half of them and
collapses beyond three quarters; the proposed one collapses at three quarters. Quantisation-aware training gains no
more than the same further training with nothing else done, which is the row "tuned", and what every method is to be
held against. Dynamic range leaves a network as small as the proposed one as it is."""

EPOCHS = """\
**No: 20 epochs were unfair to the small ones.** The large networks are done by then. They know their training images
almost by heart, and what they are trained for after that gains nothing or costs a little. The networks of a few
hundred parameters are still learning: their accuracy on the training images is no higher than on the test images, so
what they lack is time and capacity, not data. So the gap between the proposed network and the large ones is smaller
than the paper's table makes it.

Single epochs scatter, so that the end is the mean of the last five. The whole curve is looked at on the test images,
which is what the paper calls validation; nothing was chosen by it."""

HARDER = """\
**The digits are easy.** Same networks, same recipe, Fashion-MNIST in place of MNIST, first seed: every network
loses, and those of a few hundred parameters lose half as much again as the large ones, but for `cnn-2-2`, which had
little to lose. A network that is nearly as good as one a hundred times its size on digits is not so on clothes."""

TABLES = """\
Our figures are means over the seeds with their standard deviation, once there are several. The external images are
ours, drawn by a program, as the paper's ten were not published. They are easier than the paper's: its column tells
its networks apart, ours hardly does, and the two cannot be compared.

Efficient-CapsNet trained on these digits does not survive full-integer quantisation after training, though the
converter and both interpreters take it. Its squash multiplies each class capsule by one over its length, which is
large for the capsules of the wrong classes: one int8 scale for all of them has steps so wide that the longest
capsule's, the answer's, is rounded to zero. Trained on Fashion-MNIST it keeps most of its accuracy in int8.
SqueezeNet here is a reconstruction by parameter count, and better than the paper's figure; what the paper trained is
not known."""

DEVICES = """\
Emulated boards: no physical one was at hand. Flash and RAM are the whole firmware's, read from the linked image; int8
is held to the host's bytes, float32 by the rule of [verdicts.md](verdicts.md). Instructions are counted by QEMU and
are not time."""

AUTHORS = """\
Its authors turn, move and squeeze each training image and black out a small square of it. Their published code
trains for 150 epochs, with a decoder beside it that draws the digit again, and keeps the epoch that is best on the test
images.
Here: the same changes in our own code (`toolkit/train/augment.py`), their loss and batches, a rate that falls in 20
epochs as 0.97 an epoch would in 150 (theirs stops at a tenth), no decoder; the last epoch is what counts. The curve on
the test images is looked at, and chooses nothing."""

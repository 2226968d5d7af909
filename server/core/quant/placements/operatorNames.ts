/** Operators of ONNX itself, of all its versions (docs/Operators.md). */
const onnx = `
  Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
  BatchNormalization Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor
  BlackmanWindow Cast CastLike Ceil Celu CenterCropPad Clip Col2Im Compress Concat
  ConcatFromSequence Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumProd
  CumSum DeformConv DepthToSpace DequantizeLinear Det DFT Div Dropout DynamicQuantizeLinear
  Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather GatherElements GatherND Gelu
  Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample
  GroupNormalization GRU HammingWindow HannWindow Hardmax HardSigmoid HardSwish Identity If
  ImageDecoder InstanceNormalization IsInf IsNaN LayerNormalization LeakyRelu Less LessOrEqual
  Log LogSoftmax Loop LpNormalization LpPool LRN LSTM MatMul MatMulInteger Max MaxPool
  MaxRoiPool MaxUnpool Mean MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul
  Multinomial Neg NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional
  OptionalGetElement OptionalHasElement Or Pad Pow PRelu QLinearConv QLinearMatMul
  QuantizeLinear RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range
  Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
  ReduceProd ReduceSum ReduceSumSquare RegexFullMatch Relu Reshape Resize ReverseSequence
  RMSNormalization RNN RoiAlign RotaryEmbedding Round Scan Scatter ScatterElements ScatterND
  Selu SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength
  SequenceMap Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax SoftmaxCrossEntropyLoss
  Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze STFT StringConcat
  StringNormalizer StringSplit Sub Sum Swish Tan Tanh TensorScatter TfIdfVectorizer
  ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor
`;

/** Of its domain of classic machine learning (docs/Operators-ml.md). */
const classic = `
  ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer
  Imputer LabelEncoder LinearClassifier LinearRegressor Normalizer OneHotEncoder Scaler
  SVMClassifier SVMRegressor TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor ZipMap
`;

/** That ONNX Runtime has besides (docs/ContribOperators.md): those that networks are made of. */
const runtime = `
  BiasGelu BiasSoftmax BiasSplitGelu FastGelu FusedConv FusedGemm FusedMatMul GemmFastGelu
  GroupNorm GroupQueryAttention MatMulIntegerToFloat MatMulNBits MultiHeadAttention NhwcConv
  NhwcFusedConv NhwcMaxPool PackedAttention QAttention QGemm QLinearAdd QLinearAveragePool
  QLinearConcat QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearSigmoid
  QLinearSoftmax QuickGelu SimplifiedLayerNormalization SkipGroupNorm SkipLayerNormalization
  SkipSimplifiedLayerNormalization TransposeMatMul
`;

/** AIMET's own, for layers of PyTorch and Keras that ONNX has no operator for, or calls otherwise. */
const aimet = `
  AddV2 AvgPool BatchNorm ChannelShuffle ConcatV2 Conv2D Conv2DTranspose Dense DepthwiseConv2D
  DepthwiseConv2dNative Divide FusedBatchNormV3 GELU GeLU LayerNorm Multiply Normalize PReLU
  RealDiv Relu6 Subtract
`;

/** Names that a quantsim configuration may have for operators, wherever it was written for. */
export const operatorNames: ReadonlySet<string> = new Set(
  [onnx, classic, runtime, aimet].flatMap((names) => names.trim().split(/\s+/)),
);

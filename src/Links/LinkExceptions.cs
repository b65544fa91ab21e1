namespace Iggy.Links;

/// <summary>The other side refused, or was refused: the message says why, in a sentence for people.</summary>
public sealed class LinkRefusedException(string message) : IOException(message);

/// <summary>The other side sent what no build of ours sends. The connection is closed.</summary>
public sealed class LinkProtocolException(string message) : IOException(message);

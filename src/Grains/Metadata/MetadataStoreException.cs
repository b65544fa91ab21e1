namespace Iggy.Grains.Metadata;

/// <summary>The metadata file cannot be used; the message names it and says why. The server cannot start with it.</summary>
public sealed class MetadataStoreException(string message, Exception? inner = null) : Exception(message, inner);

namespace Iggy.Grains.Metadata;

/// <summary>The metadata store cannot be reached: whether a change arrived is not known. One of Orleans' own, so that it comes through as it is.</summary>
internal sealed class MetadataAwayException(string message, Exception? reason = null) : OrleansException(message, reason!);

namespace Iggy.Protocol;

/// <summary>A number that two rooms need and neither may ask the other for: what the protocol refuses, and what the grains do. This file is compiled into
/// both.</summary>
internal static class PartitionsPerRequest
{
    /// <summary>Most partitions in one request.</summary>
    public const uint Most = 1000;
}

namespace Iggy.Gateway.Host;

/// <summary>Which disk's space the statistics tell; set by whoever puts the server together.</summary>
/// <param name="Path">A folder on it.</param>
public sealed record DataDisk(string Path);

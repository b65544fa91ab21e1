namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>A secret in the data folder that all servers of a cluster must have alike.</summary>
/// <param name="Path">Below the data folder.</param>
/// <param name="Bytes">How long it is.</param>
public sealed record SharedSecretFile(string Path, int Bytes);

namespace Iggy.Replication.Tests.Simulation;

/// <summary>Something that the protocol promises did not hold.</summary>
internal sealed class ViolationException(string message) : Exception(message);

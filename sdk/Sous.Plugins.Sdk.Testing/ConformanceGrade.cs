namespace Sous.Plugins.Sdk.Testing;

/// <summary>How far a driver keeps to the contract. Each grade includes those below it.</summary>
public enum ConformanceGrade
{
    /// <summary>A rule of bronze is broken: a host cannot rely on the driver.</summary>
    None,

    /// <summary>It can be loaded, keeps to its manifest, and says rightly what went wrong.</summary>
    Bronze,

    /// <summary>It can also be stopped, killed and taken up again without loss, and gives no secret away.</summary>
    Silver,

    /// <summary>It also leaves nothing behind, repeats nothing, refuses what is forged, and its amounts add up.</summary>
    Gold,
}

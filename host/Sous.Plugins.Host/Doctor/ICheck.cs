namespace Sous.Plugins.Host.Doctor;

/// <summary>Looks at one thing that the host stands on, and changes nothing. Made for each time it looks; what a start would be refused for, it may throw.</summary>
internal interface ICheck
{
    /// <summary>What it looks at.</summary>
    static abstract string Name { get; }

    /// <summary>What to do where it throws.</summary>
    static abstract string Remedy { get; }

    ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken);
}

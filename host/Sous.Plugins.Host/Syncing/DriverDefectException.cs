using Sous.Plugins.Host.Drivers.Defects;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What a driver threw although it is no failure that the contract knows. Never leaves the host.</summary>
internal sealed class DriverDefectException(Exception defect) : Exception($"The driver failed with {defect.GetType().Name}.", defect)
{
    /// <summary>Type and stack, never the text: it may hold the service's data.</summary>
    public string Trace => DefectTrace.Of(Defect);

    public Exception Defect { get; } = defect;
}

namespace Sous.Plugins.Sdk.Pos;

/// <summary>Who said which business day a sale belongs to.</summary>
public enum BusinessDateSource
{
    /// <summary>The service.</summary>
    Service,

    /// <summary>The driver, from the time, the location's zone and its business day start.</summary>
    Derived,
}

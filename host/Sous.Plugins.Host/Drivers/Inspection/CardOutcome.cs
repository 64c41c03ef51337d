namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>How a driver stands to a rule, in the words of the conformance suite.</summary>
internal enum CardOutcome
{
    Met,
    Broken,
    NotApplicable,
    NotRun,
}

namespace Sous.Plugins.Sdk.Testing;

/// <summary>How a driver stands to a rule.</summary>
public enum RuleOutcome
{
    /// <summary>It was put to the test and kept the rule.</summary>
    Met,

    /// <summary>It broke the rule, or the sample service did not show enough to tell.</summary>
    Broken,

    /// <summary>The driver has nothing that the rule is about, as webhooks that its service does not send.</summary>
    NotApplicable,

    /// <summary>It could not be put to the test, since the driver does not load or its calls fail at the healthy service.</summary>
    NotRun,
}

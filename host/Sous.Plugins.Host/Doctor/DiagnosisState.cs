namespace Sous.Plugins.Host.Doctor;

/// <summary>How bad it is.</summary>
internal enum DiagnosisState
{
    /// <summary>All is well.</summary>
    Ok,

    /// <summary>It works, and somebody should know.</summary>
    Warning,

    /// <summary>Something does not work, or will not after the next start.</summary>
    Failed,

    /// <summary>What else failed does not allow it.</summary>
    NotChecked,
}

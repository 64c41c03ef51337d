using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Lightspeed;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Simulators.Hosting;

/// <summary>How each of the executable's services starts.</summary>
internal sealed record SimulatorOptions(SquareSimulatorOptions Square, DriveSimulatorOptions Drive, ToastSimulatorOptions Toast, LightspeedSimulatorOptions Lightspeed);
